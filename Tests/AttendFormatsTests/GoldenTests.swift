import AttendBase
import AttendFormats
import AttendTensor
import AttendTestSupport
import Testing

/// Files that the reference libraries wrote.
@Suite struct GoldenTests {
  private func bytes(_ path: String) throws -> [UInt8] {
    try MappedFile(path: path).withUnsafeBytes { Array($0) }
  }

  @Test(arguments: [
    "llama2/model.safetensors", "llama-bf16/model.safetensors", "llama-f16/model.safetensors",
    "gpt2-hub/model.safetensors", "llama2/golden.safetensors", "llama-padded/golden.safetensors",
  ])
  func safetensorsRewrittenAreTheSameBytes(name: String) throws {
    let path = TestFixtures.path("golden/\(name)")
    let file = try SafetensorsFile(path: path)
    let tensors = try file.tensors.entries.map { try TensorToWrite($0.view()) }
    let metadata = Dictionary(uniqueKeysWithValues: file.metadata.map { ($0.key, $0.value) })
    #expect(tensors.count > 3)
    #expect(try SafetensorsWriter.bytes(tensors.reversed(), metadata: metadata) == bytes(path))
  }

  @Test(arguments: [
    "gpt2-gguf-f32", "gpt2-gguf-f16", "gpt2-gguf-q4_0", "gpt2-gguf-q4_1", "gpt2-gguf-q8_0", "llama-gguf-f32",
    "llama-gguf-f16", "llama-gguf-q4_0", "llama-gguf-q4_1", "llama-gguf-q8_0", "llama3-gguf-mixed",
  ])
  func ggufRewrittenIsTheSameBytes(name: String) throws {
    let path = TestFixtures.path("golden/\(name)/model.gguf")
    let file = try GGUFFile(path: path)
    let tensors = try file.tensors.entries.map { try TensorToWrite($0.view()) }
    #expect(tensors.count > 3 && file.metadata["tokenizer.ggml.tokens"]?.strings != nil)
    #expect(try GGUFWriter.bytes(tensors, metadata: file.metadata) == bytes(path))
  }

  /// The files of one family hold the same weights, rounded differently.
  @Test(arguments: [("f16", Float(0.001)), ("q8_0", 0.01), ("q4_1", 0.1), ("q4_0", 0.15)])
  func quantizedWeightsAreCloseToTheirOriginals(type: String, tolerance: Float) throws {
    let exact = try Checkpoint(path: TestFixtures.path("golden/llama-gguf-f32/model.gguf")).tensors
    let rounded = try Checkpoint(path: TestFixtures.path("golden/llama-gguf-\(type)/model.gguf")).tensors
    var types: Set<ElementType> = []
    for name in exact.names where rounded.contains(name) {
      let (first, second) = (try exact.tensor(name), try rounded.tensor(name))
      types.insert(second.elementType)
      #expect(first.shape == second.shape)
      let (expected, values) = (first.floats(), second.floats())
      let error = zip(expected, values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      let size = expected.reduce(0) { $0 + $1 * $1 }
      #expect((error / size).squareRoot() < tolerance, "\(name)")
    }
    let names = types.map { $0 == .dense(.float16) ? "f16" : $0.description.lowercased() }
    #expect(names.contains(type))
  }

  @Test func opensShardsOfTheReference() throws {
    let checkpoint = try Checkpoint(path: TestFixtures.path("golden/llama-sharded"))
    #expect(Set(checkpoint.tensors.entries.map(\.file.path)).count == 4)
    #expect(checkpoint.tensors.contains("model.embed_tokens.weight"))
    guard case .huggingFace(let configuration) = checkpoint.configuration else {
      Issue.record("\(checkpoint.configuration)")
      return
    }
    #expect(configuration["model_type"]?.stringValue == "llama")
  }

  @Test func readsGoldenValues() throws {
    let golden = try SafetensorsFile(path: TestFixtures.path("golden/llama2/golden.safetensors")).tensors
    let ids = try golden.tensor("input_ids")
    #expect(ids.elementType == .dense(.int64) && ids.shape.count == 2)
    let logits = try golden.tensor("logits")
    #expect(logits.elementType == .dense(.float32) && Array(logits.shape.prefix(2)) == ids.shape)
    let values = logits.floats()
    #expect(values.count == logits.elementCount && values.allSatisfy(\.isFinite))
  }
}
