import assert from 'node:assert/strict';
import { generateKey, parseKey, SecretKeyError } from '../../../src/state';
import { InvalidTokenError } from '../../../src/state';
import { decrypt, encrypt, secretBox } from '../../../src/state/fernet';
import { counterBytes, fixture, KEY, OTHER_KEY } from './support';

interface Spec {
  secret: string;
  generate: { token: string; now: string; iv: number[]; src: string };
  verify: { token: string; now: string; ttl_sec: number; src: string };
  invalid: { desc: string; token: string; now: string }[];
}

interface Reference {
  key: string;
  tokens: { plain: string; token: string }[];
  exact: { plain: string; seconds: number; iv: string; token: string }[];
}

const seconds = (time: string): number => Date.parse(time) / 1000;

describe('Fernet', () => {
  const spec = JSON.parse(fixture('fernet-spec.json')) as Spec;
  const reference = JSON.parse(fixture('fernet-reference.json')) as Reference;
  const key = parseKey(spec.secret);

  it("makes the spec's token", () => {
    const { src, now, iv, token } = spec.generate;
    assert.equal(encrypt(key, Buffer.from(src), seconds(now), Buffer.from(iv)), token);
  });

  it("reads the spec's token", () => {
    const { token, ttl_sec, now, src } = spec.verify;
    assert.equal(decrypt(key, token, { seconds: ttl_sec, now: seconds(now) })?.toString(), src);
  });

  for (const { desc, token, now } of spec.invalid) {
    it(`refuses the spec's invalid token: ${desc}`, () => {
      assert.equal(decrypt(key, token, { seconds: 60, now: seconds(now) }), null);
    });
  }

  it('reads what the Python implementation made', () => {
    assert.ok(reference.tokens.length > 0);
    for (const { plain, token } of reference.tokens) assert.equal(decrypt(parseKey(reference.key), token)?.toString('utf8'), plain);
  });

  it('makes what the Python implementation makes, byte for byte', () => {
    for (const { plain, seconds: at, iv, token } of reference.exact) {
      assert.equal(encrypt(parseKey(reference.key), Buffer.from(plain, 'utf8'), at, Buffer.from(iv, 'hex')), token);
    }
  });

  it('refuses a token that was changed anywhere', () => {
    const { token } = spec.verify;
    const bytes = Buffer.from(token, 'base64url');
    for (let i = 0; i < bytes.length; i += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8((bytes[i] ?? 0) ^ 1, i);
      const text = changed.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
      assert.equal(decrypt(key, text), null, `byte ${i}`);
    }
  });

  it('refuses a token of any length that holds too little, without failing at it', () => {
    for (let length = 0; length <= spec.verify.token.length - 1; length += 1) assert.equal(decrypt(key, spec.verify.token.slice(0, length)), null);
    assert.equal(decrypt(key, 'gAAA'), null);
  });

  it('names the secret that another key sealed, and not the token', () => {
    const bytes = counterBytes();
    const token = secretBox(parseKey(OTHER_KEY), Date.now, bytes).seal('hunter2');
    assert.throws(
      () => secretBox(parseKey(KEY), Date.now, bytes).open(token, 'The setting master_token'),
      (error: unknown) =>
        error instanceof InvalidTokenError && error.message.startsWith('The setting master_token') && !error.message.includes(token),
    );
  });

  it('uses a fresh IV each time', () => {
    const box = secretBox(parseKey(KEY), () => 0, counterBytes());
    assert.notEqual(box.seal('same'), box.seal('same'));
  });

  it('generates keys that it parses', () => {
    const made = generateKey(counterBytes());
    assert.equal(made.length, 44);
    assert.deepEqual(Buffer.concat([parseKey(made).signing, parseKey(made).encryption]), Buffer.from(counterBytes()(32)));
  });

  const malformed: [string, string, RegExp][] = [
    ['nothing', '', /SECRET_KEY is missing/],
    ['blanks', '  \n', /SECRET_KEY is missing/],
    ['another alphabet', `${'+'.repeat(43)}=`, /characters that URL-safe base64 doesn't have/],
    ['no padding', KEY.slice(0, -1), /ends too early/],
    ['a short one', 'AQIDBA==', /holds 4 bytes, not 32/],
    ['a long one', Buffer.alloc(48).toString('base64'), /holds 48 bytes, not 32/],
  ];
  for (const [what, text, sentence] of malformed) {
    it(`says what is wrong with a key: ${what}`, () => {
      assert.throws(
        () => parseKey(text),
        (error: unknown) =>
          error instanceof SecretKeyError &&
          sentence.test(error.message) &&
          error.message.includes('pngx new-key') &&
          (text.trim() === '' || !error.message.includes(text)),
      );
    });
  }

  it('takes a key with the line break of the file that it came from', () => {
    assert.deepEqual(parseKey(`${KEY}\n`), parseKey(KEY));
  });
});
