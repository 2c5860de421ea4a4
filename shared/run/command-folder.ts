/** What makes a command run in a folder of the repository (`/` between names; empty: its root), where commands are run otherwise. */
const prefix = (folder: string): string => {
  if (folder === '') return '';
  const quoted = /^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", `'\\''`)}'`;
  return `cd ./${quoted} || exit 1; `;
};

/** The command as it is planned, to be run in that folder. */
export const commandIn = (folder: string, command: string): string => `${prefix(folder)}${command}`;

/** The command as a person typed it, if it was planned for that folder; else as it is. */
export const commandWithout = (folder: string, command: string): string =>
  command.startsWith(prefix(folder)) ? command.slice(prefix(folder).length) : command;
