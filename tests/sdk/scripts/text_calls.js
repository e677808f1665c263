// Reads documents through Microsoft's JavaScript SDK, as its user would, and prints as JSON what the SDK made of the
// answers.
//
// Arguments: endpoint, key, and the calls as JSON: an object of named calls. A call has
//
//   url | stream | bytes, options   a document's URL, or its path and how it is handed over; further options
//   operation                       without a document: the id to poll
//   key                             instead of the common one
"use strict";

const fs = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
const { ComputerVisionClient } = require("@azure/cognitiveservices-computervision");
const { ApiKeyCredentials } = require("@azure/ms-rest-js");

const PENDING = ["notStarted", "running"];
const PATIENCE = 40_000;

// Dates are objects only because the SDK's definition says so; JSON.stringify writes them as text again.
function withoutResponse({ _response, ...parsed }) {
  return parsed;
}

function submit(client, call) {
  const options = call.options ?? {};
  if (call.url) return client.read(call.url, options);
  if (call.stream) return client.readInStream(() => fs.createReadStream(call.stream), options);
  return client.readInStream(fs.readFileSync(call.bytes), options);
}

async function outcomeOf(endpoint, commonKey, call) {
  const outcome = { polls: [] };
  try {
    const key = call.key ?? commonKey;
    const credentials = new ApiKeyCredentials({ inHeader: { "Ocp-Apim-Subscription-Key": key } });
    const client = new ComputerVisionClient(credentials, endpoint);
    let operation = call.operation;
    if (!operation) {
      const accepted = await submit(client, call);
      outcome.location = accepted.operationLocation;
      operation = accepted.operationLocation.split("/").pop();
    }
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const result = await client.getReadResult(operation);
      outcome.polls.push({ parsed: withoutResponse(result), body: JSON.parse(result._response.bodyAsText) });
      if (!PENDING.includes(result.status)) return outcome;
      if (Date.now() > deadline) throw new Error("the operation does not end");
      await sleep(100);
    }
  } catch (error) {
    const { message, code, statusCode, body } = error;
    return { ...outcome, error: { text: message, code, status: statusCode, model: body } };
  }
}

async function main() {
  const [endpoint, key, calls] = process.argv.slice(2);
  const named = Object.entries(JSON.parse(calls));
  const outcomes = await Promise.all(named.map(([, call]) => outcomeOf(endpoint, key, call)));
  console.log(JSON.stringify(Object.fromEntries(named.map(([name], index) => [name, outcomes[index]]))));
}

main();
