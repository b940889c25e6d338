// What was typed at the desk is kept: nothing is sent that would not be taken, and no page is left without a word.

// What was typed goes only when it would be taken: whoever was signed out meanwhile keeps it, and signs in beside.
export const changed = (field) => field.matches("textarea, input") && field.value !== field.defaultValue;
const typedIn = (form) => [...form.elements].some(changed) || form.elements.file?.files?.length > 0;
const tell = (form, ...said) => {
  const place = form.querySelector("[data-said]") ?? form.appendChild(document.createElement("p"));
  Object.assign(place, { className: "fault", role: "alert" }).dataset.said = "";
  place.replaceChildren(...said);
};
const mayBeSent = async (form) => {
  const answer = await fetch("/desk/token", { headers: { "HX-Request": "true" } }).catch(() => null);
  const here = answer?.ok ? await answer.json() : null;
  const mine = document.querySelector(".who [data-name]").dataset.name;
  if (here?.name === mine) {
    // Of this sign-in: the page's own may be over.
    if (form.elements.csrf) form.elements.csrf.value = here.csrf;
    if (form.dataset.csrf !== undefined) form.dataset.csrf = here.csrf;
    return true;
  }
  const link = Object.assign(document.createElement("a"), { href: "/desk/sign-in", target: "_blank", textContent: "Sign in" });
  const away = here ? `${here.name} is signed in here now` : "You are signed out";
  if (here || answer?.status === 401) tell(form, `${away}, and nothing was sent. `, link, " in another tab, then press again.");
  else tell(form, "It could not be sent. Try again.");
  return false;
};
document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    const ours = form.method === "post" && (form.elements.csrf ?? form.dataset.csrf) !== undefined;
    if (!ours || form.dataset.checked !== undefined || !typedIn(form)) return delete form.dataset.checked;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.sent !== undefined || !(await mayBeSent(form))) return;
    form.dataset.checked = "";
    form.requestSubmit(event.submitter);
  },
  true,
);

// What is typed for a paragraph is not left without a word: by a link, the way back, or a sign-in that ended.
addEventListener("beforeunload", (event) => {
  const forms = [...document.querySelectorAll(".editing form")];
  if (forms.some((form) => form.dataset.sent === undefined && typedIn(form))) event.preventDefault();
});
