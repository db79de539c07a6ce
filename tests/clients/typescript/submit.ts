// Submits a job to every vendor with a typed client that openapi-typescript made, and polls it to its video.

import createClient from "openapi-fetch";
import type { paths as Ai302 } from "./generated/302ai.js";
import type { paths as Aimlapi } from "./generated/aimlapi.js";
import type { paths as Apilaplas } from "./generated/apilaplas.js";
import type { paths as Gmicloud } from "./generated/gmicloud.js";

// What is used of Node needs no package of types.
declare const process: { argv: string[] };

const [base] = process.argv.slice(2);
if (!base) throw new Error("expected the emulator's address as the argument");
const image = `${base}/__fixtures/landscape.jpg`;
const options = (vendor: string) => ({
  baseUrl: `${base}/${vendor}`,
  headers: { Authorization: "Bearer generated-client" },
});

/** Polls until there is a video; a client that never sees one fails. */
async function poll(look: () => Promise<string | null | undefined>): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const url = await look();
    if (url) return url;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("expected a video after 100 polls, found none");
}

/** What came, or an error that shows what came instead. */
function good<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) {
    throw new Error(`status ${answer.response.status}: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

/** A video is there and begins like an MP4. */
async function assertVideo(vendor: string, url: string): Promise<void> {
  const answer = await fetch(url);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const kind = new TextDecoder().decode(bytes.slice(4, 8));
  if (answer.status !== 200 || kind !== "ftyp") {
    throw new Error(`${vendor}: expected an MP4, found status ${answer.status} and ${bytes.length} bytes`);
  }
  console.log(`typescript: ${vendor}: a video of ${bytes.length} bytes`);
}

async function gmicloud(): Promise<string> {
  const client = createClient<Gmicloud>(options("gmicloud"));
  const submitted = good(
    await client.POST("/api/v1/ie/requestqueue/apikey/requests", {
      body: {
        model: "Kling-Image2Video-V1.6-Standard",
        payload: { image, prompt: "A paper boat", duration: "5" },
      },
    }),
  );
  return poll(async () => {
    const answer = await client.GET("/api/v1/ie/requestqueue/apikey/requests/{request_id}", {
      params: { path: { request_id: submitted.request_id } },
    });
    return good(answer).outcome?.media_urls?.[0]?.url;
  });
}

async function aimlapi(): Promise<string> {
  const client = createClient<Aimlapi>(options("aimlapi"));
  const submitted = good(
    await client.POST("/v2/video/generations", {
      body: { model: "kling-video/v1.6/standard/image-to-video", image_url: image, prompt: "A paper boat", duration: 5 },
    }),
  );
  return poll(async () => {
    const query = { generation_id: submitted.id };
    return good(await client.GET("/v2/video/generations", { params: { query } })).video?.url;
  });
}

async function apilaplas(): Promise<string> {
  const client = createClient<Apilaplas>(options("apilaplas"));
  const submitted = good(
    await client.POST("/v2/generate/video/kling/generation", {
      body: { model: "kling-video/v1.6/standard/image-to-video", image_url: image, prompt: "A paper boat", duration: "5" },
    }),
  );
  return poll(async () => {
    const query = { generation_id: submitted.id };
    return good(await client.GET("/v2/generate/video/kling/generation", { params: { query } })).video?.url;
  });
}

/** The vendor takes a form with the picture in it as a file. */
async function ai302(): Promise<string> {
  const client = createClient<Ai302>(options("302ai"));
  const file = await (await fetch(image)).blob();
  const submitted = good(
    await client.POST("/klingai/m2v_15_img2video", {
      body: { input_image: image, prompt: "A paper boat", cfg: 0.5 },
      bodySerializer(body) {
        const form = new FormData();
        for (const [name, value] of Object.entries(body)) form.append(name, String(value));
        form.set("input_image", file, "boat.jpg");
        return form;
      },
    }),
  );
  return poll(async () => {
    const answer = await client.GET("/klingai/task/{id}/fetch", {
      params: { path: { id: submitted.data.task.id } },
    });
    return good(answer).data.works[0]?.resource.resource;
  });
}

/** A refusal is typed too. */
async function assertRefusal(): Promise<void> {
  const client = createClient<Gmicloud>(options("gmicloud"));
  const { error, response } = await client.POST("/api/v1/ie/requestqueue/apikey/requests", {
    body: { model: "Kling-Image2Video-V1.6-Standard", payload: { image: "", prompt: "x" } },
  });
  if (response.status !== 400 || typeof error?.error !== "string") {
    throw new Error(`expected a typed refusal, found status ${response.status}: ${JSON.stringify(error)}`);
  }
}

await assertVideo("gmicloud", await gmicloud());
await assertVideo("aimlapi", await aimlapi());
await assertVideo("apilaplas", await apilaplas());
await assertVideo("302ai", await ai302());
await assertRefusal();
