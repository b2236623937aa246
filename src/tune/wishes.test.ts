// What all services wish of the kernel: of settings that there are, in their words, and with a source.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MAINTAIN } from '../catalogue/maintain.ts';
import { askedOfKernel, builtInServices } from '../services/index.ts';
import { SETTING_NAMES } from '../services/tuning.ts';
import { settingCalled } from './host-settings.ts';

const all = await askedOfKernel(builtInServices.map(({ name }) => name));

it('each is of a setting that there is, in the words or the bounds that it has', () => {
  assert.ok(all.length > 0);
  for (const { service, wish } of all) {
    const at = `${service} ${wish.setting}`;
    const setting = settingCalled(wish.setting) ?? assert.fail(at);
    const { want } = wish;
    assert.equal('oneOf' in want, setting.words !== null, at);
    if ('oneOf' in want)
      for (const word of want.oneOf) assert.ok(setting.words?.includes(word), `${at}: ${word}`);
    if ('atLeast' in want) assert.ok(want.atLeast <= (want.atMost ?? Number.POSITIVE_INFINITY), at);
  }
});

it('each says why, what is lost, and where that is from, without the stop of a sentence', () => {
  for (const { service, wish } of all) {
    const { document, section, version } = wish.source;
    for (const text of [wish.why, wish.loses, wish.itself ?? 'x', document, section, version]) {
      assert.match(text, /\S/, `${service} ${wish.setting}`);
      assert.doesNotMatch(text, /\.$/, `${service} ${wish.setting}: ${text}`);
    }
  }
});

it('no service wishes two things of one setting', () => {
  const keys = all.map(({ service, wish }) => `${service} ${wish.setting}`);
  assert.deepEqual([...new Set(keys)], keys);
});

it('every setting is known, once', () => {
  for (const name of SETTING_NAMES) assert.equal(settingCalled(name)?.name, name);
});

it('what TAB offers behind --explain is all of them', () => {
  assert.deepEqual(MAINTAIN.tune.options.explain.value.words, SETTING_NAMES);
});

it('of a service that is not built in, and of one that wishes nothing, there is nothing', async () => {
  assert.deepEqual(await askedOfKernel(['tickdb']), []);
});
