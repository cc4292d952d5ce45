import AttendTestSupport

/// A reader of outside data, as the fuzzer drives it (`make fuzz`). It takes any bytes; all but an `AttendError` is a
/// finding.
public struct FuzzTarget: Sendable {
  public let name: String
  public let run: @Sendable (UnsafeRawBufferPointer) -> Void

  public static let all: [FuzzTarget] = [
    FuzzTarget(name: "safetensors", run: fuzzSafetensors),
    FuzzTarget(name: "numpy", run: fuzzNumPy),
    FuzzTarget(name: "onnx", run: fuzzONNX),
    FuzzTarget(name: "index", run: fuzzIndexJSON),
    FuzzTarget(name: "gguf", run: fuzzGGUF),
    FuzzTarget(name: "convert", run: fuzzConversion),
    FuzzTarget(name: "json", run: fuzzJSON),
    FuzzTarget(name: "tokenizer-json", run: fuzzTokenizerJSON),
    FuzzTarget(name: "tokenizer-gguf", run: fuzzTokenizerMetadata),
    FuzzTarget(name: "sentencepiece", run: fuzzSentencePiece),
    FuzzTarget(name: "pattern", run: fuzzPattern),
    FuzzTarget(name: "encoding", run: fuzzEncoding),
    FuzzTarget(name: "chat-template", run: fuzzChatTemplate),
    FuzzTarget(name: "grammar", run: fuzzGrammar),
    FuzzTarget(name: "json-schema", run: fuzzJSONSchema),
    FuzzTarget(name: "tool-calls", run: fuzzToolCalls),
    FuzzTarget(name: "detokenizer", run: fuzzDetokenizer),
  ]
}
