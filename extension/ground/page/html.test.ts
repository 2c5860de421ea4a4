import { expect, test } from 'vitest';
import { pageHtml } from './html.ts';

const hostile = `"><script>alert('x')</script>&`;

test('whatever the frame is given, it is text there', () => {
  const html = pageHtml({
    nonce: hostile,
    cspSource: hostile,
    script: hostile,
    style: hostile,
    title: hostile,
    language: hostile,
    texts: { [hostile]: hostile },
  });
  expect(html.match(/<script/g)).toEqual(['<script']);
  expect(html).not.toContain(hostile);
  expect(html).toContain('<title>&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;</title>');
});

test('only the script of the nonce runs, and nothing comes from elsewhere: an image is its own address', () => {
  const html = pageHtml({
    nonce: 'n0',
    cspSource: 'https://cdn',
    script: 's.js',
    style: 's.css',
    title: 'Run',
    language: 'en',
    texts: null,
  });
  expect(html).toContain(
    `content="default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src https://cdn; script-src 'nonce-n0'"`,
  );
  expect(html).not.toMatch(/\son\w+=|style=|<style|javascript:|unsafe/);
});
