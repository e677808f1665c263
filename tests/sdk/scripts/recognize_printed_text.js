// Calls /ocr through Microsoft's JavaScript SDK, as its user would, and prints as JSON what the SDK made of the answers.
//
// Arguments: endpoint, key, URL of an image, path of an image, and options of the calls as JSON.
"use strict";

const fs = require("node:fs");
const { ComputerVisionClient } = require("@azure/cognitiveservices-computervision");
const { ApiKeyCredentials } = require("@azure/ms-rest-js");

async function outcome(call) {
  try {
    const { _response, ...parsed } = await call();
    return { parsed, body: JSON.parse(_response.bodyAsText) };
  } catch (error) {
    const { message, code, statusCode, body } = error;
    return { error: { text: message, code, status: statusCode, model: body } };
  }
}

async function main() {
  const [endpoint, key, url, path, options] = process.argv.slice(2);
  const { detectOrientation = true, ...rest } = JSON.parse(options);
  const credentials = new ApiKeyCredentials({ inHeader: { "Ocp-Apim-Subscription-Key": key } });
  const client = new ComputerVisionClient(credentials, endpoint);
  console.log(
    JSON.stringify({
      url: await outcome(() => client.recognizePrintedText(detectOrientation, url, rest)),
      stream: await outcome(() =>
        client.recognizePrintedTextInStream(detectOrientation, () => fs.createReadStream(path), rest),
      ),
      bytes: await outcome(() => client.recognizePrintedTextInStream(detectOrientation, fs.readFileSync(path), rest)),
    }),
  );
}

main();
