// What the player decides without a browser: reading JSON from outside, moments, words, what is remembered and told.

import assert from "node:assert/strict";
import { test } from "node:test";

import { address, downloadOf, fileName, lastBefore, readArticle, readTranscript } from "../src/article";
import { addressAt, clock, momentOf, parseClock } from "../src/clock";
import { keep, recall } from "../src/memory";
import { type Heard, Plays } from "../src/plays";
import { languageOf, spoken, tagOf, textsFor } from "../src/texts";

const BASE = "https://audio.example/v1/articles/desk/ferry/audio";

test("an audio JSON is read whole", () => {
  const sha = "a".repeat(64);
  const read = readArticle({
    article: "desk:ferry", title: "Ferry", url: `/audio/${sha}.mp3`, duration_s: 61.5, disclosure: "By AI.",
    chapters: [{ title: "One", start_s: 0 }, { title: "Two", start_s: 30 }],
    transcripts: [{ type: "text/vtt", url: "/t.vtt" }, { type: "application/json", url: "/t.json" }],
    made: { voices: ["joe"], engines: ["piper"], signed: true },
  }, BASE);
  assert.equal(read.url, `https://audio.example/audio/${sha}.mp3`);
  assert.equal(read.revision, sha);
  assert.equal(read.transcript, "https://audio.example/t.json");
  assert.deepEqual(read.chapters.map((one) => one.start), [0, 30]);
  assert.deepEqual([read.state, read.made?.signed, read.made?.voices], ["ready", true, ["joe"]]);
});

test("a title becomes a file's name, and an address that may be signed stays as it is", () => {
  assert.deepEqual(["Ferry runs again!", "Зоя і “порт”", "../..", "x".repeat(99)].map(fileName), ["Ferry-runs-again", "Зоя-і-порт", "audio", "x".repeat(60)]);
  assert.equal(downloadOf("https://a.example/audio/a.mp3", "Зоя"), "https://a.example/audio/a.mp3?download=%D0%97%D0%BE%D1%8F");
  assert.equal(downloadOf("https://a.example/a.mp3?signature=1", "a"), "https://a.example/a.mp3?signature=1");
  assert.equal(downloadOf("", "a"), "");
});

test("nothing from outside becomes a script's address, and nothing missing becomes an error", () => {
  assert.equal(address("javascript:alert(1)", BASE), "");
  assert.equal(address("data:text/html,x", BASE), "");
  assert.equal(readArticle({ url: "javascript:alert(1)" }, BASE).url, "");
  for (const odd of [null, [], "x", 3, { chapters: "x", transcripts: [null], duration_s: "long", made: 1 }]) {
    const read = readArticle(odd, BASE);
    assert.deepEqual([read.state, read.duration, read.transcript], ["making", 0, ""]);
  }
  assert.equal(readArticle({ state: "retracted" }, BASE).state, "retracted");
  const access = ["preview", "members", "public", "root", 1, undefined].map((one) => readArticle({ access: one, whole_s: 90 }, BASE).access);
  assert.deepEqual(access, ["preview", "members", "public", "public", "public", "public"]);
});

test("words are found by their time", () => {
  const passages = readTranscript({
    segments: ["The", "ferry", "runs"].map((body, n) => ({ body, startTime: n + 1, endTime: n + 1.5 })),
    passages: [{ role: "headline", startTime: 1, words: [0, 2] }, { role: "body", startTime: 3, words: [2, 3] }],
  });
  assert.deepEqual(passages.map((one) => one.words.map((word) => word.text)), [["The", "ferry"], ["runs"]]);
  const words = passages.flatMap((one) => one.words);
  assert.deepEqual([0, 1, 1.9, 2, 9].map((at) => lastBefore(words, at)), [-1, 0, 0, 1, 2]);
  assert.equal(readTranscript({ segments: [{ body: "x", startTime: 0, endTime: 1 }] })[0]?.words.length, 1);
});

test("moments are read as people write them", () => {
  assert.deepEqual([0, 59.9, 60, 3600, 3725].map(clock), ["0:00", "0:59", "1:00", "1:00:00", "1:02:05"]);
  assert.deepEqual(["83", "83.5", "1:23", "1:02:03", "1h2m3s", "2m"].map(parseClock), [83, 83.5, 83, 3723, 3723, 120]);
  for (const odd of ["", "x", "-3", "1:2", "1e9", "9".repeat(40)]) assert.equal(parseClock(odd), null, odd);
  assert.deepEqual(momentOf("#t=83&a=desk:ferry"), { seconds: 83, article: "desk:ferry" });
  assert.equal(momentOf("#part-two"), null);
  assert.equal(addressAt("https://paper.example/a?b=c#old", 83.7, ""), "https://paper.example/a?b=c#t=83");
  assert.equal(addressAt("https://paper.example/a#old", null, ""), "https://paper.example/a");
});

test("times are said in the page's language", () => {
  assert.equal(spoken(textsFor("en"), "en", 61), "1 minute 1 second");
  assert.equal(spoken(textsFor("uk"), "uk", 3602 + 5 * 60), "1 година 5 хвилин 2 секунди");
  assert.equal(spoken(textsFor("en"), "en", 0), "0 seconds");
  assert.equal(textsFor("de").play, "Play");
  // English forms by another language's rules, and forms of as many kinds as a language has.
  for (const language of ["pl", "ja", "ar"]) assert.equal(spoken(textsFor("en"), language, 62), language === "ja" ? "1 minutes 2 seconds" : "1 minute 2 seconds");
  const arabic = textsFor("en", { second: ["0", "1", "2", "few", "many", "other"] });
  assert.deepEqual([2, 5, 11].map((seconds) => spoken(arabic, "ar", seconds)), ["2 2", "5 few", "11 many"]);
  assert.deepEqual(["uk_UA", "en-GB", "pl", "no such"].map(languageOf), ["uk-UA", "en-GB", "en", "en"]);
  for (const written of ["uk-UA", "uk_UA", "uk_UA.UTF-8"]) assert.equal(textsFor(written).play, "Відтворити");
  assert.deepEqual(["en_US", "de-CH", "no such", "", "en_US.UTF-8"].map(tagOf), ["en-US", "de-CH", "en", "en", "en"]);
  assert.equal(textsFor("en", { play: "Go" }).play, "Go");
});

test("every text is in every language that ships", () => {
  const [english, ukrainian] = [textsFor("en"), textsFor("uk")];
  for (const [name, text] of Object.entries(english)) {
    assert.notDeepEqual(ukrainian[name as keyof typeof ukrainian], text, name);
  }
});

function store(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage;
}

test("places are kept, bounded, and forgotten", () => {
  const kept = store();
  for (let number = 0; number < 60; number++) keep(kept, `desk:${number}`, 10, "r", 1000 + number);
  assert.equal(recall(kept, "desk:0", 2000), null);
  assert.equal(recall(kept, "desk:59", 2000)?.at, 10);
  assert.equal(recall(kept, "desk:59", 1059 + 90 * 86_400_000), null);
  keep(kept, "desk:59", 0, "", 3000);
  assert.equal(recall(kept, "desk:59", 3000), null);
  kept.setItem("briefcast-places", "{broken");
  assert.equal(recall(kept, "desk:58", 3000), null);
});

test("what was heard is told in batches, without gaps and without what was jumped over", () => {
  Object.assign(globalThis, { window: { setInterval: () => 0 } });
  const sent: { events: Heard[] }[] = [];
  const plays = new Plays("https://x.example", "desk:ferry", "abc", (_to, body) => void sent.push(JSON.parse(body)));
  plays.begin(0);
  plays.progress(4);
  plays.moved(10, 40);
  plays.end(50, true);
  const [batch] = sent;
  assert.deepEqual(
    batch?.events.map((one) => [one.event, one.from_s, one.to_s]),
    [["play", 0, 0], ["progress", 0, 10], ["progress", 40, 50], ["ended", 50, 50]],
  );
  assert.match(batch?.events[0]?.session ?? "", /^[0-9a-f]{32}$/);
  plays.flush();
  assert.equal(sent.length, 1);
  plays.begin(0);
  for (let at = 1; at < 200; at++) {
    plays.progress(at);
    plays.moved(at + 1, at);
  }
  plays.flush();
  assert.ok((sent[1]?.events.length ?? 0) <= 50);
});
