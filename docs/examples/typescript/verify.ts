// Uploads a passport, creates the person and waits until a reviewer has decided.

import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { basename } from "node:path";

type Identified = { id: string };
type Endpoint = Identified & { secret: string };
type Event = Identified & { type: string; data: { user_id?: string } };
type Problem = { errors: { code: string; detail: string }[] };

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

const url = setting("DOSSIER_URL");
const authorization = `Bearer ${setting("DOSSIER_KEY")}`;
const hook = new URL(setting("HOOK"));

/** The `data` of an answer; every broken rule of a refused request is in the error. */
async function call<T>(method: string, path: string, body?: object, key?: string): Promise<T> {
  const headers: Record<string, string> = { authorization };
  if (key !== undefined) headers["idempotency-key"] = key;
  if (body !== undefined && !(body instanceof FormData)) {
    headers["content-type"] = "application/json";
  }
  const sent = body instanceof FormData ? body : JSON.stringify(body);
  const answer = await fetch(url + path, { method, headers, body: sent });
  if (!answer.ok) {
    const { errors } = (await answer.json()) as Problem;
    throw new Error(errors.map(({ code, detail }) => `${code}: ${detail}`).join("\n"));
  }
  const text = await answer.text();
  return text === "" ? (undefined as T) : (JSON.parse(text) as { data: T }).data;
}

/** The event of a webhook, unless Dossier did not send it now (Standard Webhooks). */
function eventOf(headers: IncomingHttpHeaders, body: Buffer, secret: string): Event | undefined {
  const sentAt = String(headers["webhook-timestamp"]);
  if (!(Math.abs(Date.now() / 1000 - Number(sentAt)) < 300)) return undefined;
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signed = createHmac("sha256", key).update(`${headers["webhook-id"]}.${sentAt}.`);
  const ours = Buffer.from(`v1,${signed.update(body).digest("base64")}`);
  const theirs = String(headers["webhook-signature"]).split(" ").map((s) => Buffer.from(s));
  const ok = theirs.some((s) => s.length === ours.length && timingSafeEqual(s, ours));
  return ok ? (JSON.parse(body.toString("utf8")) as Event) : undefined;
}

async function main(path: string): Promise<void> {
  let userId: string | undefined;
  let secret = "";
  const early: Event[] = [];
  let decided: (event: Event) => void = () => {};
  const decision = new Promise<Event>((resolve) => (decided = resolve));

  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const event = eventOf(request.headers, Buffer.concat(chunks), secret);
    // Acknowledge first, work later: Dossier waits for 15 seconds and would send it again.
    response.writeHead(event === undefined ? 401 : 204).end();
    if (event === undefined) return;
    if (userId === undefined) early.push(event);
    else if (event.data.user_id === userId) decided(event);
  });
  await once(receiver.listen(Number(hook.port), hook.hostname), "listening");

  const events = ["user.verified", "user.rejected"];
  const endpoint = await call<Endpoint>("POST", "/v1/webhook_endpoints", { url: hook.href, events });
  secret = endpoint.secret;
  try {
    const form = new FormData();
    form.set("purpose", "passport");
    form.set("file", new Blob([await readFile(path)]), basename(path));
    // The key makes it safe to send the same upload again when no answer came.
    const [file] = await call<Identified[]>("POST", "/v1/files", form, randomUUID());
    const user = await call<Identified>("POST", "/v2/users", {
      external_id: `customer-${randomUUID()}`,
      verification: { document_type: "passport", files: [file?.id] },
    });
    userId = user.id;
    console.log("user", userId);
    early.filter((event) => event.data.user_id === userId).forEach(decided);
    const event = await decision;
    console.log(event.type, userId);
  } finally {
    await call("DELETE", `/v1/webhook_endpoints/${endpoint.id}`);
    receiver.close();
    receiver.closeAllConnections();
  }
}

main(process.argv[2] ?? "passport.pdf").catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
