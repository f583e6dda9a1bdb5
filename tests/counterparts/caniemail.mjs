// Prints, as JSON, what the caniemail data say against a mail: [[feature, client], …].
import { readFileSync } from 'node:fs';
import { caniemail } from 'caniemail';

const clients = ['gmail.*', 'outlook.*', 'apple-mail.*', 'yahoo.*'];
const { issues } = caniemail({ clients, html: readFileSync(0, 'utf8') });
const found = [...issues.errors].flatMap(([client, list]) => list.map(({ title }) => [title, client]));
console.log(JSON.stringify(found));
