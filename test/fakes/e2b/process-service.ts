import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const sdk = require.resolve('e2b');

/** A message of the process service, in the JSON that protobuf makes of it. */
interface Message {
  fromJson(json: unknown): unknown;
  toJson(value: unknown): unknown;
}

/** The part of @bufbuild/protobuf that is used, in the version that the SDK has. */
interface Protobuf {
  fromJson(schema: unknown, json: unknown): unknown;
  toJson(schema: unknown, message: unknown): unknown;
}

interface FileDescriptor {
  readonly messages: readonly { readonly name: string }[];
}

/** The descriptor that the SDK itself speaks by: it is in its bundle as one string. */
const descriptor = (): FileDescriptor => {
  const [, encoded] =
    /\bfileDesc\)?\("(ChVwcm9jZXNzL3Byb2Nlc3MucHJvdG8[A-Za-z0-9+/=]+)"/.exec(readFileSync(sdk, 'utf8')) ?? [];
  if (encoded === undefined) throw new Error('this version of e2b has no process service where it is looked for');
  const { fileDesc } = createRequire(sdk)('@bufbuild/protobuf/codegenv2') as {
    // safe: its documented export
    fileDesc(this: void, encoded: string): FileDescriptor;
  };
  return fileDesc(encoded);
};

// safe: its documented exports
const protobuf = createRequire(sdk)('@bufbuild/protobuf') as Protobuf;
const { messages } = descriptor();

export const message = (name: string): Message => {
  const schema = messages.find((each) => each.name === name);
  if (schema === undefined) throw new Error(`the process service of e2b has no ${name}`);
  return {
    fromJson: (json) => protobuf.fromJson(schema, json),
    toJson: (value) => protobuf.toJson(schema, protobuf.fromJson(schema, value)),
  };
};
