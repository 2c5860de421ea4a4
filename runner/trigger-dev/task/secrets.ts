/** What Trigger.dev lets its SDK know, and what whoever tries `trigger dev` has in the shell that it was started from. */
const names = ['TRIGGER_SECRET_KEY', 'TRIGGER_ACCESS_TOKEN', 'TRIGGER_RUN_TOKEN', 'TRIGGER_JWT'] as const;

/** The credentials in the environment of a task: nothing that a model says may carry them out. */
export const secretsIn = (env: Readonly<Record<string, string | undefined>>): readonly string[] =>
  names.flatMap((name) => {
    const secret = env[name] ?? '';
    return secret === '' ? [] : [secret];
  });
