// What the player says, by language. A page may change any of it, or add a language, without building anything.

import { clock } from "./clock";

const english = {
  player: "Audio player",
  listen: "Listen to this article",
  play: "Play",
  pause: "Pause",
  back: "Back 15 seconds",
  forward: "Forward 15 seconds",
  position: "Position",
  speed: "Speed",
  chapters: "Chapters",
  transcript: "Transcript",
  share: "Share",
  download: "Download",
  queue: "Up next",
  next: "Next",
  close: "Close",
  copy: "Copy link",
  copied: "Link copied",
  startAt: "Start at",
  link: "Link",
  resume: "Go on at",
  loading: "Loading the audio",
  soon: "You will soon be able to listen to this article.",
  making: "The audio of this article is being made.",
  updated: "The audio has been updated since you started.",
  playUpdated: "Play the new version",
  retracted: "This audio has been withdrawn.",
  preview: "Preview",
  rest: "Members hear the rest",
  join: "Become a member",
  offline: "No connection. The audio goes on when you are online again.",
  failed: "The audio cannot be played.",
  noText: "The text could not be loaded.",
  again: "Try again",
  made: "How this was made",
  voice: "Voice",
  kind: "Sound",
  synthetic: "Synthetic speech",
  composite: "Synthetic speech and recorded music",
  madeOn: "Made on",
  credentials: "Content credentials",
  signed: "Signed (C2PA), inside the MP3: any program that reads content credentials can check them.",
  ai: "AI",
  disclosure: "This audio is created with AI assistance.",
  report: "Report a mispronunciation",
  reportWord: "Which word was said wrongly?",
  reportHint: "Tap it in the text, or write it here.",
  reportSend: "Send",
  reported: "Thank you, the newsroom will look at it.",
  failedToTell: "It could not be sent. Try again later.",
  jump: "Go to",
  miniPlayer: "Now playing",
  minutes: "min",
  of: "of",
  hour: ["hour", "hours"],
  minute: ["minute", "minutes"],
  second: ["second", "seconds"],
};

/** Every text; those that count something come in the forms of the language's plural rules, in the rules' order. */
export type Texts = { readonly [Name in keyof typeof english]: (typeof english)[Name] extends string ? string : readonly string[] };

const ukrainian: Texts = {
  player: "Аудіоплеєр",
  listen: "Послухати статтю",
  play: "Відтворити",
  pause: "Пауза",
  back: "Назад на 15 секунд",
  forward: "Вперед на 15 секунд",
  position: "Позиція",
  speed: "Швидкість",
  chapters: "Розділи",
  transcript: "Текст",
  share: "Поділитися",
  download: "Завантажити",
  queue: "Далі",
  next: "Наступна",
  close: "Закрити",
  copy: "Скопіювати посилання",
  copied: "Посилання скопійовано",
  startAt: "Почати з",
  link: "Посилання",
  resume: "Продовжити з",
  loading: "Аудіо завантажується",
  soon: "Незабаром цю статтю можна буде послухати.",
  making: "Аудіо цієї статті готується.",
  updated: "Аудіо оновлено, відколи ви почали слухати.",
  playUpdated: "Слухати нову версію",
  retracted: "Це аудіо відкликано.",
  preview: "Уривок",
  rest: "Решта – для учасників",
  join: "Приєднатися",
  offline: "Немає з’єднання. Відтворення продовжиться, коли воно з’явиться.",
  failed: "Не вдається відтворити аудіо.",
  noText: "Не вдалося завантажити текст.",
  again: "Спробувати ще раз",
  made: "Як це створено",
  voice: "Голос",
  kind: "Звук",
  synthetic: "Синтезоване мовлення",
  composite: "Синтезоване мовлення і записана музика",
  madeOn: "Створено",
  credentials: "Дані про походження",
  signed: "Підписані (C2PA), у самому MP3: їх перевірить будь-яка програма, що читає content credentials.",
  ai: "ШІ",
  disclosure: "Це аудіо створено за допомогою ШІ.",
  report: "Повідомити про помилку у вимові",
  reportWord: "Яке слово вимовлено неправильно?",
  reportHint: "Торкніться його в тексті або напишіть тут.",
  reportSend: "Надіслати",
  reported: "Дякуємо, редакція це перевірить.",
  failedToTell: "Не вдалося надіслати. Спробуйте пізніше.",
  jump: "Перейти до",
  miniPlayer: "Зараз грає",
  minutes: "хв",
  of: "– усього",
  hour: ["година", "години", "годин"],
  minute: ["хвилина", "хвилини", "хвилин"],
  second: ["секунда", "секунди", "секунд"],
};

/** Texts by language; a page may add to it: `customElements.get("briefcast-player").texts.de = {…}`. */
export const TEXTS: Record<string, Partial<Texts>> = { en: english, uk: ukrainian };

/** Return a page's language as browsers take it ("uk_UA" is "uk-UA"), and English for what is none: Intl throws at both. */
export function tagOf(given: string): string {
  const tag = given.replaceAll("_", "-");
  for (const one of [tag, tag.split("-")[0] ?? ""]) {
    try {
      if (Intl.getCanonicalLocales(one).length > 0) return one;
    } catch {
      // No language; its first part may be one ("en-US.UTF-8").
    }
  }
  return "en";
}

/** Return the texts for a language, English where it has none, and `own` before all. */
export function textsFor(language: string, own: Partial<Texts> = {}): Texts {
  return { ...english, ...known(tagOf(language)), ...own };
}

const known = (tag: string): Partial<Texts> | undefined => TEXTS[tag.toLowerCase()] ?? TEXTS[tag.toLowerCase().split("-")[0] ?? ""];

/** Return the language of the texts for a page's language: its own where it has some, else English. */
export function languageOf(language: string): string {
  const tag = tagOf(language);
  return known(tag) === undefined ? "en" : tag;
}

// As Unicode's plural rules (CLDR) are listed.
const ORDER = ["zero", "one", "two", "few", "many", "other"] as const;

function counted(language: string, number: number, forms: readonly string[]): string {
  const rules = new Intl.PluralRules(tagOf(language));
  const rule = rules.select(number);
  const categories = ORDER.filter((one) => rules.resolvedOptions().pluralCategories.includes(one));
  // Two forms are of one and of more, as English has them, whatever else the language tells apart.
  const at = forms.length === 2 ? Number(rule !== "one") : categories.indexOf(rule);
  return `${number} ${forms[at] ?? forms.at(-1) ?? ""}`;
}

/** Return a length in words, as a screen reader should say it. */
export function spoken(texts: Texts, language: string, seconds: number): string {
  const [second = 0, minute = 0, hour = 0] = clock(seconds).split(":").map(Number).reverse();
  const parts = [
    hour > 0 ? counted(language, hour, texts.hour) : "",
    minute > 0 ? counted(language, minute, texts.minute) : "",
    second > 0 || (hour === 0 && minute === 0) ? counted(language, second, texts.second) : "",
  ];
  return parts.filter((part) => part !== "").join(" ");
}
