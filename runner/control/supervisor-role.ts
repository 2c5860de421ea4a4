/** Which of the control planes of one database looks after all runs, and brings what is queued to its engine. */
export interface SupervisorRole {
  /**
   * Is it this one? For some seconds after a network that broke, another may think so as well: whatever is done in this
   * role must bear being done twice.
   */
  readonly held: boolean;
  /** Called whenever this one comes to hold it, not for a role that is held from the start. */
  onTaken(listener: () => void): void;
}

/** Of a control plane that is alone. */
export const onlyOne: SupervisorRole = { held: true, onTaken: () => {} };
