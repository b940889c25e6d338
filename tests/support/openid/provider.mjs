// A real OpenID provider (oidc-provider, certified) for the tests: PORT CLIENT BACK_TO SIGNED_OUT_TO PEOPLE as JSON.
// Its development interactions ask for a name and take any password. Prints a line when it listens.
import { Provider } from "oidc-provider";

const [port, client, secret, backTo, signedOutTo, people] = process.argv.slice(2);
const known = JSON.parse(people);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: client,
      client_secret: secret,
      redirect_uris: [backTo],
      post_logout_redirect_uris: [signedOutTo],
    },
  ],
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["name", "preferred_username", "groups"],
  },
  pkce: { required: () => true },
  cookies: { keys: ["for the tests alone"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...known[id] }) }),
});

provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
