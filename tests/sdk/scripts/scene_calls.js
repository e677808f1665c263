// Has images looked at through Microsoft's JavaScript SDK, as its user would, and prints as JSON what the SDK made of
// the answers.
//
// Arguments: endpoint, key, and the calls as JSON: an object of named calls. A call has
//
//   method, before                  the method, and its arguments before the image
//   url | stream | bytes, options   an image's URL, or its path and how it is handed over; further options
//   key                             instead of the common one
"use strict";

const fs = require("node:fs");
const { ComputerVisionClient } = require("@azure/cognitiveservices-computervision");
const { ApiKeyCredentials } = require("@azure/ms-rest-js");

function image(call) {
  if (call.url) return [call.url];
  if (call.stream) return [() => fs.createReadStream(call.stream)];
  return call.bytes ? [fs.readFileSync(call.bytes)] : [];
}

async function whole(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("base64");
}

async function outcomeOf(endpoint, commonKey, call) {
  try {
    const key = call.key ?? commonKey;
    const credentials = new ApiKeyCredentials({ inHeader: { "Ocp-Apim-Subscription-Key": key } });
    const client = new ComputerVisionClient(credentials, endpoint);
    const answer = await client[call.method](...(call.before ?? []), ...image(call), call.options ?? {});
    const { _response, ...parsed } = answer;
    if (answer.readableStreamBody) {
      return { image: await whole(answer.readableStreamBody), type: _response.headers.get("content-type") };
    }
    return { parsed, body: JSON.parse(_response.bodyAsText) };
  } catch (error) {
    const { message, code, statusCode, body } = error;
    return { error: { text: message, code, status: statusCode, model: body } };
  }
}

async function main() {
  const [endpoint, key, calls] = process.argv.slice(2);
  const named = Object.entries(JSON.parse(calls));
  const outcomes = await Promise.all(named.map(([, call]) => outcomeOf(endpoint, key, call)));
  console.log(JSON.stringify(Object.fromEntries(named.map(([name], index) => [name, outcomes[index]]))));
}

main();
