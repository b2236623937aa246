// Where Docker keeps logs among its data.

/** `containers/ID/ID-json.log` of the json-file driver, which nothing rotates unless it is told to. */
export const amongData: readonly string[] = ['containers'];
