import { createServer, Server } from "node:http";
import { AddressInfo } from "node:net";
import { ChatClient } from "../../../suite/client";
import { reachServer } from "../../../suite/reachServer";
import { soleModel } from "../../../suite/soleModel";

let server: Server | undefined;
afterEach(() => server?.close());

/** A server that lists models, and answers questions with pictures as it is told. */
async function serve(models: string[], picture?: { status: number; message: string }) {
    server = createServer((request, response) => {
        let body = "";
        request.on("data", (chunk) => (body += chunk));
        request.on("end", () => {
            const send = (status: number, value: unknown): void => {
                response.writeHead(status, { "content-type": "application/json" });
                response.end(JSON.stringify(value));
            };
            if (request.url === "/v1/models") {
                return send(200, { data: models.map((id) => ({ id })) });
            }
            if (picture && body.includes("image_url")) {
                return send(picture.status, { error: { message: picture.message } });
            }
            return send(200, { choices: [{ message: { content: "Hello!" } }] });
        });
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server?.once("listening", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("the model that was not named", () => {
    it("is the one that the server serves", async () => {
        expect(await soleModel(await serve(["one"]))).toBe("one");
    });

    it.each([
        [["one", "two"], /serves 2 models\. Allowed: one, two\. Next: pass --model NAME/],
        [[], /does not say which model it serves.*--model/],
    ])("is not guessed where it serves %j", async (models, message) => {
        await expect(soleModel(await serve(models))).rejects.toThrow(message);
    });
});

describe("a server that is asked about a small picture", () => {
    const reach = async (status: number, message: string) => {
        const url = await serve(["m"], { status, message });
        const client = new ChatClient({ url, model: "m", seed: 1, requestTimeoutSeconds: 5 });
        return reachServer(client, "m", { withPictures: true, retryAfterSeconds: 0.01 });
    };

    it.each([
        [400, "m is not a multimodal model"],
        [422, "At most 0 image(s) may be provided in one prompt"],
        [500, "image input is not supported - hint: you may need to provide the mmproj"],
    ])("takes none where it says %i, %s", async (status, message) => {
        const why = await reach(status, message);
        expect(why).toContain(`refuses a small PNG with HTTP ${status} (${message})`);
        expect(why).toMatch(/serve a vision model/);
    });

    it("may be broken where it says 500 without a word of pictures", async () => {
        expect(await reach(500, "internal error")).toMatchObject({ models: ["m"] });
    });
});
