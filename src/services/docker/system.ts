// What Docker brings to the system beside its directories.

/** Its group may use its socket, and so all that root may. */
export const privilegedGroups = { docker: 'root, by a container that mounts the host' };

/**
 * Its overlay2 driver gives each container with a size limit a project of its own, from the id of its directory on
 * (moby#34701): all of them are its own.
 */
export const numbersProjects = true;
