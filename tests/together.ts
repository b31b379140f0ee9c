import { pathToFileURL } from 'node:url';

// Runs the tests of the files named, one file after the other, in this process.
for (const file of process.argv.slice(2)) await import(pathToFileURL(file).href);
