import { createServer, Server, ServerResponse } from "node:http";
import { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Answered, ChatClient } from "../../../../suite/client";
import { goodputOf } from "../../../../suite/performance/goodput";
import { readStream } from "../../../../suite/performance/readStream";
import { timePerOutputToken } from "../../../../suite/performance/timings";

type Script = (response: ServerResponse, number: number) => void | Promise<void>;
let server: Server;
let script: Script;
let connections: number;
let client: ChatClient;

beforeEach(async () => {
    connections = 0;
    let number = 0;
    server = createServer((request, response) => {
        request.resume().on("end", () => void script(response, ++number));
    });
    server.on("connection", () => connections++);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    client = new ChatClient({ url, model: "m", seed: 1, requestTimeoutSeconds: 0.6 });
});
afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
});

const piece = (content: string): string =>
    `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
const usage = (tokens: number): string =>
    `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 3, completion_tokens: tokens } })}\n\n`;
const ask = async () =>
    readStream(await client.measure(client.prepare([{ role: "user", content: "x" }], 8)));

it("dates each piece by its arrival, not by the end of the answer", async () => {
    script = async (response) => {
        response.write(piece(""));
        for (const text of ["a", "b", "c"]) {
            await sleep(60);
            response.write(piece(text));
        }
        response.end(`${usage(3)}data: [DONE]\n\n`);
    };
    const reply = (await ask()) as Answered;
    expect(reply).toMatchObject({ text: "abc", completionTokens: 3, promptTokens: 3 });
    expect(reply.pieceSeconds).toHaveLength(3);
    expect(reply.timeToFirstTokenSeconds).toBeGreaterThan(0.055);
    expect(timePerOutputToken(reply)).toBeGreaterThan(0.055);
    expect(timePerOutputToken(reply)).toBeLessThan(0.15);
    expect(reply.seconds).toBeGreaterThanOrEqual(reply.pieceSeconds?.[2] as number);
});

it("counts tokens as the server does where several come in one piece", async () => {
    script = async (response) => {
        response.write(piece("a b"));
        await sleep(200);
        response.end(`${piece("c d")}${usage(5)}data: [DONE]\n\n`);
    };
    const perToken = timePerOutputToken((await ask()) as Answered) as number;
    expect(perToken).toBeGreaterThan(0.049);
    expect(perToken).toBeLessThan(0.15);
});

it("reads an event that comes in two parts, in the middle of a character", async () => {
    const bytes = Buffer.from(piece("猫"));
    const middle = bytes.indexOf(Buffer.from("猫")) + 1;
    script = async (response) => {
        response.write(bytes.subarray(0, middle));
        await sleep(20);
        response.write(bytes.subarray(middle));
        response.end("data: [DONE]\r\n\r\n");
    };
    expect(await ask()).toMatchObject({ kind: "answered", text: "猫" });
});

test.each<[string, Script, object]>([
    [
        "an error status",
        (response) => void response.writeHead(400).end('{"error":{"message":"no"}}'),
        { kind: "refused", status: 400, message: "no" },
    ],
    [
        "an error in the stream",
        (response) => void response.end(`${piece("a")}data: {"error":{"message":"died"}}\n\n`),
        { kind: "refused", status: 500, message: "died" },
    ],
    [
        "a stream without an end",
        (response) => void response.end(piece("a")),
        { kind: "silent", cause: "connection" },
    ],
    [
        "a connection that breaks",
        async (response) => {
            response.write(piece("a"));
            await sleep(20);
            response.destroy();
        },
        { kind: "silent", cause: "connection" },
    ],
    ["no answer in time", () => undefined, { kind: "silent", cause: "timeout" }],
])("%s", async (_, given, expected) => {
    script = given;
    expect(await ask()).toMatchObject(expected);
});

it("keeps its connection, and takes another where the server has closed it meanwhile", async () => {
    const answer: Script = (response) => void response.end(`${piece("a")}data: [DONE]\n\n`);
    script = answer;
    await ask();
    await ask();
    expect(connections).toBe(1);
    script = (response, number) =>
        number === 3 ? void response.socket?.destroy() : answer(response, number);
    expect(await ask()).toMatchObject({ kind: "answered" });
    expect(connections).toBe(2);
});

it("goodput wants every limit kept, and counts refused requests", () => {
    const reply = (first: number, seconds: number): Answered => ({
        kind: "answered",
        text: "x",
        seconds,
        timeToFirstTokenSeconds: first,
        pieceSeconds: [first, seconds],
        completionTokens: 11,
    });
    const refused = { kind: "refused", status: 503, message: "busy", seconds: 0 } as const;
    const replies = [reply(0.1, 1.1), reply(0.3, 1.1), reply(0.1, 2.1), refused];
    const objective = { timeToFirstTokenSeconds: 0.2, timePerOutputTokenSeconds: 0.1001 };
    expect(goodputOf(replies, objective, 2)).toMatchObject({
        good: 1,
        share: 0.25,
        requestsPerSecond: 0.5,
    });
    const unknown = { ...reply(0.1, 1), timeToFirstTokenSeconds: undefined };
    expect(goodputOf([unknown], { timeToFirstTokenSeconds: 9 }, 1).good).toBe(0);
});
