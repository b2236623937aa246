// What Docker brings to the system beside its directories.

/** Its group may use its socket, and so all that root may. */
export const privilegedGroups = { docker: 'root, by a container that mounts the host' };
