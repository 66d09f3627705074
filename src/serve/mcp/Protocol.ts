import * as McpServer from "@effect/ai/McpServer"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import { Effect, Layer, Predicate, type Sink, type Stream } from "effect"
import packageJson from "../../../package.json" with { type: "json" }

/** A client may leave out the arguments of a call, which `McpServer` demands. */
const withArguments = Layer.effect(
  RpcServer.Protocol,
  Effect.map(RpcServer.Protocol, (protocol) =>
    RpcServer.Protocol.of({
      ...protocol,
      run: (handle) =>
        protocol.run((clientId, message) =>
          handle(
            clientId,
            message._tag === "Request" && message.tag === "tools/call" && Predicate.isRecord(message.payload)
              ? { ...message, payload: { arguments: {}, ...message.payload } }
              : message
          )
        )
    })
  )
)

/** The server of `McpServer`, on a protocol that brings its messages. */
export const server = McpServer.layer({ name: packageJson.name, version: packageJson.version }).pipe(
  Layer.provide(withArguments)
)

/** MCP on two streams of bytes, a message a line. The fiber that builds the layer is interrupted when `stdin` ends. */
export const layerStdio = <EIn, RIn, EOut, ROut>(streams: {
  readonly stdin: Stream.Stream<Uint8Array, EIn, RIn>
  readonly stdout: Sink.Sink<void, Uint8Array | string, unknown, EOut, ROut>
}) =>
  server.pipe(Layer.provide(RpcServer.layerProtocolStdio(streams)), Layer.provide(RpcSerialization.layerNdJsonRpc()))
