// Reads every cell of the live view from a terminal that is not ours: tmux, as many operators have it, at four widths.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { requires } from '../requirement.ts';
import { describe, jtsHot, runJtsHot } from './product.ts';
import { startHost, type ThrowawayHost } from './throwaway-host.ts';

const ROWS = 24;
const DEADLINE_MS = 30_000;
const SERVICES = ['postgresql', 'clickhouse', 'kafka', 'mongodb', 'redis', 'docker', 'backup'];
const STATUS = 'OK|WARNING|CRITICAL|UNKNOWN';
/** What each column holds in a row, by its head. */
const HOLDS: Readonly<Record<string, RegExp>> = {
  'OF PLAN': /^(?:\d+ %|\?)$/,
  USED: /^[\d.]+ [kMGT]?B$/,
  GROWN: /^[+-]?[\d.]+ [kMGT]?B$/,
  RATE: /^[+-]?[\d.]+ [kMGT]?B\/s$/,
  'FULL IN': /^(?:-|now|\d+ (?:s|min|h|days|weeks|years))$/,
  STATUS: new RegExp(`^(?:${STATUS})$`),
};
/** Without a history there is no forecast. */
const HEADS = Object.keys(HOLDS);

let shared: ThrowawayHost | null = null;
after(() => shared?.stop());

interface Screen {
  /** A string for each row; blanks at its end are left out. */
  until(done: (rows: readonly string[]) => boolean): Promise<readonly string[]>;
  type(key: string): void;
  readonly isThere: () => boolean;
}

/** The live view in a tmux of its own, with nothing of this machine's settings. */
function watchIn(host: ThrowawayHost, columns: number): Screen {
  const call = (...words: readonly string[]) =>
    host.run(['tmux', '-L', `watch${columns}`, ...words], {
      env: { TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', SHELL: '/bin/sh' },
    });
  const tmux = (...words: readonly string[]) => {
    const result = call(...words);
    assert.equal(result.status, 0, `${words.join(' ')}: ${describe(result)}`);
    return result.stdout;
  };
  writeFileSync(host.path('/tmp/watch'), `exec ${jtsHot('monitor', '--watch', '1').join(' ')}\n`);
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', `${columns}`, '-y', `${ROWS}`, 'sh /tmp/watch');
  return {
    async until(done) {
      for (const deadline = Date.now() + DEADLINE_MS; ; await sleep(50)) {
        const rows = tmux('capture-pane', '-p').split('\n').slice(0, ROWS);
        if (done(rows)) return rows;
        assert.ok(Date.now() < deadline, `not yet on the screen:\n${rows.join('\n')}`);
      }
    },
    type: (key) => void tmux('send-keys', key),
    isThere: () => call('has-session').status === 0,
  };
}

function isWhole(screen: readonly string[]): boolean {
  return /next in \d/.test(screen.at(-1) ?? '') && screen.some((line) => /by the last \d+ s\.$/.test(line));
}

/** Takes the table apart, cell by cell: from where a column's head begins or ends its cells do. */
function cellsOf(screen: readonly string[]): {
  readonly heads: readonly string[];
  readonly rows: ReadonlyMap<string, readonly string[]>;
} {
  const at = screen.findIndex((line) => /^ +OF PLAN/.test(line));
  const head = screen[at] ?? assert.fail(screen.join('\n'));
  const heads = HEADS.filter((name) => head.includes(name));
  assert.deepEqual(head.trim().split(/ {2,}/), heads, head);
  const rows = screen.slice(at + 1, at + 2 + SERVICES.length).map((line) => {
    const [, name = '', , rest = ''] = /^(\w+) +([#.]{6,}) +(.*)$/.exec(line) ?? assert.fail(line);
    const cells = rest.split(/ {2,}/);
    assert.equal(cells.length, heads.length, line);
    for (const [i, title] of heads.entries()) {
      assert.match(cells[i] ?? '', HOLDS[title] ?? /^$/, `${title}: ${line}`);
      const begins = head.indexOf(title);
      if (title === 'STATUS') assert.equal(line.slice(begins), cells[i], line);
      else {
        const ends = begins + title.length;
        assert.ok(line.slice(0, ends).endsWith(` ${cells[i]}`), `${title} ends at ${ends}: ${line}`);
        assert.match(line.slice(ends), /^ {2}/, line);
      }
    }
    return [name, cells] as const;
  });
  return { heads, rows: new Map(rows) };
}

for (const [columns, least] of [
  [60, ['OF PLAN', 'RATE', 'FULL IN', 'STATUS']],
  [80, HEADS],
  [120, HEADS],
  [200, HEADS],
] as const)
  it(`at ${columns} columns every cell is there, and the legend names what is there`, async (t) => {
    if (!requires(t, 'root', 'overlay in a private mount namespace', 'useradd', 'tmux')) return;
    if (shared === null) {
      shared = startHost({ freshAccounts: true });
      runJtsHot(shared, ['setup']);
    }
    const one = watchIn(shared, columns);
    const screen = await one.until(isWhole);
    const text = screen.join('\n');
    assert.equal(screen.length, ROWS);
    assert.ok(screen.every((line) => line.length <= columns));

    // Right against the edge: the last cell of the screen.
    const [title = ''] = screen;
    assert.match(title, new RegExp(`^Hot storage /data/jts/hot {2}(?:${STATUS}) +watched for \\d+ s$`));
    assert.equal(title.length, columns);

    const table = cellsOf(screen);
    const { heads } = table;
    // Short numbers leave room for one more.
    assert.deepEqual(
      least.filter((name) => !heads.includes(name)),
      [],
    );
    assert.deepEqual([...table.rows.keys()].toSorted(), ['disk', ...SERVICES].toSorted());
    assert.equal([...table.rows.keys()][0], 'disk');

    // Below the table: a sentence for each column that needs one, and for no other.
    const last = screen.findIndex((line) => /^OF PLAN: /.test(line));
    const legend = screen.slice(last, -1).join(' ').trim();
    const explained = [...legend.matchAll(/(?<=^|\. )([A-Z ,]+): /g)].flatMap(([, names = '']) =>
      names.split(', '),
    );
    assert.deepEqual(
      explained.toSorted(),
      heads.filter((name) => name !== 'STATUS' && name !== 'USED').toSorted(),
    );
    assert.match(screen.at(-1) ?? '', /^q leaves \| \? keys \| measured \d+ s ago \| next in \d+ s$/);
    assert.equal(text.split('STATUS').length, 2);

    // The keys.
    one.type('s');
    one.type('s');
    one.type('s');
    const byName = await one.until((rows) => /by name$/.test(rows.at(-1) ?? '') && isWhole(rows));
    assert.deepEqual([...cellsOf(byName).rows.keys()], ['disk', ...SERVICES.toSorted()]);
    one.type('p');
    await one.until((rows) => /paused: p goes on/.test(rows.at(-1) ?? ''));
    one.type('?');
    const help = await one.until((rows) => rows.includes('Keys'));
    assert.ok(!help.some((line) => /^disk /.test(line)), 'nothing of the table is left behind the help');
    one.type('?');
    one.type('p');
    assert.equal(cellsOf(await one.until(isWhole)).heads.at(-1), 'STATUS');
    // F2 sends a Q among other bytes: it leaves nothing.
    one.type('F2');
    one.type('s');
    await one.until((rows) => !/by name/.test(rows.at(-1) ?? '') && isWhole(rows));
    one.type('q');
    for (const deadline = Date.now() + DEADLINE_MS; one.isThere(); await sleep(50))
      assert.ok(Date.now() < deadline, 'q did not leave it');
  });
