// Uploads with fetch, axios (both kinds of form) and form-data; see ../README.md. It is run in the
// folder that holds node_modules.

const fs = require("node:fs");
const http = require("node:http");
const { createRequire } = require("node:module");

const installed = createRequire(process.cwd() + "/");
const axios = installed("axios");
const FormDataOfNpm = installed("form-data");

const [url, casesFile] = process.argv.slice(2);
const headers = { Authorization: "Bearer " + process.env.DOSSIER_KEY };

const cases = fs
  .readFileSync(casesFile, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => {
    const [purpose, type, path, name] = line.split("\t");
    return { purpose, type, content: fs.readFileSync(path), path, name };
  });

async function readBack(text) {
  const answer = await fetch(url + JSON.parse(text).data[0].url, { headers });
  return Buffer.from(await answer.arrayBuffer());
}

async function show(client, status, text, content) {
  const same = status === 201 && content.equals(await readBack(text));
  const word = same ? "same" : "different";
  console.log([client, status, word, text.replaceAll("\n", " ")].join("\t"));
}

function form(one) {
  const form = new FormData();
  form.append("purpose", one.purpose);
  form.append("file", new Blob([one.content], { type: one.type }), one.name);
  return form;
}

function formOfNpm(one, content) {
  const form = new FormDataOfNpm();
  form.append("purpose", one.purpose);
  form.append("file", content, { filename: one.name, contentType: one.type });
  return form;
}

async function withFetch(one) {
  const answer = await fetch(url + "/v1/files", { method: "POST", headers, body: form(one) });
  await show("fetch", answer.status, await answer.text(), one.content);
}

async function withAxios(client, one, body) {
  const answer = await axios.post(url + "/v1/files", body, {
    headers,
    responseType: "text",
    transformResponse: [],
    validateStatus: () => true,
    maxBodyLength: Infinity,
  });
  await show(client, answer.status, answer.data, one.content);
}

function withFormData(one) {
  const body = formOfNpm(one, fs.createReadStream(one.path));
  return new Promise((done, failed) => {
    const options = { method: "POST", headers: { ...headers, ...body.getHeaders() } };
    const request = http.request(url + "/v1/files", options, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        show("form-data", answer.statusCode, text, one.content).then(done, failed);
      });
    });
    request.on("error", failed);
    body.pipe(request);
  });
}

(async () => {
  for (const one of cases) {
    await withFetch(one);
    await withAxios("axios", one, form(one));
    await withAxios("axios with form-data", one, formOfNpm(one, one.content));
    await withFormData(one);
  }
  // axios leaves the connection of a form-data body open until the server closes it.
  process.exit();
})();
