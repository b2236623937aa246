// How text is laid out: lines that fit, columns that align, colour only when asked for, and names that play no tricks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { columns, createPaint, ends, plain, plural, wrap } from './paint.ts';

describe('wrap', () => {
  it('breaks at blanks, so that no line is longer than 80', () => {
    const words = Array.from({ length: 60 }, (_, i) => 'x'.repeat(1 + (i % 13)));
    for (const indent of ['', '    ', '          ']) {
      const lines = wrap(words.join(' '), indent, `${indent}- `).split('\n');
      assert.ok(lines.length > 3);
      for (const line of lines) assert.ok(line.length <= 80 && line.startsWith(indent), line);
      assert.equal(lines.map((line) => line.trim()).join(' '), `- ${words.join(' ')}`);
      // None of them has room for the next one's first word.
      lines.slice(0, -1).forEach((line, i) => {
        const [next = ''] = (lines[i + 1] ?? '').trim().split(' ');
        assert.ok(line.length + 1 + next.length > 80);
      });
    }
  });

  it('fills a line to the last character, and no further', () => {
    const [a, b] = ['x'.repeat(39), 'y'.repeat(40)];
    assert.equal(wrap(`${a} ${b}`, ''), `${a} ${b}`);
    assert.equal(wrap(`${a} ${b}z`, ''), `${a}\n${b}z`);
  });

  it('leaves a word that is longer than a line whole, to be copied', () => {
    const path = `/${'x'.repeat(100)}`;
    assert.equal(wrap(`see ${path} there`, '    ', '  '), `  see\n    ${path}\n    there`);
    assert.equal(wrap(path, '    ', '  '), `  ${path}`);
  });

  it('makes one blank of many', () => assert.equal(wrap('a   b', ''), 'a b'));
});

describe('columns', () => {
  it('are as wide as their widest cell, numbers to the right, no blanks at the end', () => {
    assert.deepEqual(
      columns(
        [
          ['NAME', 'SIZE', 'WHY'],
          ['a', '1 B', ''],
          ['longer', '12.0 GB', 'because'],
        ],
        [1],
      ),
      ['NAME       SIZE  WHY', 'a           1 B', 'longer  12.0 GB  because'],
    );
  });

  it('of nothing are nothing', () => assert.deepEqual(columns([]), []));
});

describe('ends', () => {
  it('puts the right text at the end of the line, or of the next one', () => {
    assert.equal(ends('left', '[right]'), `left${' '.repeat(69)}[right]`);
    assert.equal(ends('x'.repeat(71), '[right]'), `${'x'.repeat(71)}  [right]`);
    assert.equal(ends('x'.repeat(72), '[right]'), `${'x'.repeat(72)}\n${' '.repeat(73)}[right]`);
  });
});

describe('plural', () => {
  it('counts in English', () => {
    assert.deepEqual(
      [
        plural(0, 'step'),
        plural(1, 'step'),
        plural(2, 'step'),
        plural(1, 'entry', 'entries'),
        plural(2, 'entry', 'entries'),
      ],
      ['0 steps', '1 step', '2 steps', '1 entry', '2 entries'],
    );
  });
});

describe('colour', () => {
  const styles = ['red', 'yellow', 'green', 'dim', 'bold'] as const;

  it('is there when asked for, whatever the stream', () => {
    for (const style of styles) {
      const painted = createPaint(true)(style, 'text');
      assert.match(painted, /^\x1b\[\d+mtext\x1b\[\d+m$/);
    }
    assert.equal(new Set(styles.map((style) => createPaint(true)(style, 'text'))).size, styles.length);
  });

  it('is not there otherwise', () => {
    for (const style of styles) assert.equal(createPaint(false)(style, 'text'), 'text');
  });
});

describe('plain', () => {
  it('shows control characters instead of sending them', () => {
    for (let code = 0; code < 0xa0; code++) {
      const shown = plain(`a${String.fromCharCode(code)}b`);
      if (code >= 0x20 && code < 0x7f) assert.equal(shown, `a${String.fromCharCode(code)}b`);
      else assert.equal(shown, `a\\x${code.toString(16).padStart(2, '0')}b`);
    }
  });

  it('shows bytes that are no UTF-8, and leaves all other letters', () => {
    assert.equal(plain('caf\udce9 ünï 日本 🦊'), 'caf\\xe9 ünï 日本 🦊');
  });
});
