import AttendBase
import AttendFormats
import AttendModels
import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

/// Adapters in PEFT's files against the reference implementation with the same additions in its weights.
@Suite struct LowRankAdapterTests {
  private func adapter(_ name: String, strength: Float = 1) throws -> LowRankAdapter {
    try LowRankAdapter(path: TestFixtures.path("adapters/\(name)"), strength: strength)
  }

  private func logits(_ base: String, _ adapters: [LowRankAdapter], _ ids: [Int32], _ precision: Precision = .exact)
    throws
    -> Tensor
  {
    let model = try ModelRegistry.load(Golden(base).checkpoint, precision: precision, adapters: adapters)
    var pass = ForwardPass(lengths: [ids.count])
    return model(Tensor(ids, shape: [ids.count]), &pass)
  }

  private func golden(_ name: String) throws -> (ids: [Int32], logits: Tensor) {
    let tensors = try SafetensorsFile(path: TestFixtures.path("adapters/\(name)/golden.safetensors")).tensors
    let ids = try tensors.tensor("input_ids").floats().map { Int32($0) }
    let view = try tensors.tensor("logits")
    return (ids, Tensor(view.floats(), shape: Shape(Array(view.shape.dropFirst()))))
  }

  @Test(arguments: [("llama", "llama-tied"), ("llama-all", "llama2"), ("phi3", "phi3"), ("gpt2", "gpt2")])
  func logitsAreTheReferences(name: String, base: String) throws {
    let (ids, expected) = try golden(name)
    #expect(largestDifference(try logits(base, [adapter(name)], ids), expected) <= 1e-4)
    // What would also be true without the adapter says nothing.
    #expect(largestDifference(try logits(base, [], ids), expected) > 0.5)
  }

  @Test func strengthsAddUp() throws {
    let (ids, expected) = try golden("llama")
    let halves = [try adapter("llama", strength: 0.5), try adapter("llama", strength: 0.5)]
    #expect(largestDifference(try logits("llama-tied", halves, ids), expected) <= 1e-4)
    let none = try logits("llama-tied", [adapter("llama", strength: 0)], ids)
    #expect(largestDifference(none, try logits("llama-tied", [], ids)) <= 1e-5)
  }

  /// A quantized model keeps its weights; decode and prompt take the same additions.
  @Test func quantizedWeightsStay() throws {
    let tokens = try golden("llama").ids
    let adapter = try Self.queryAdapter()
    let model = try ModelRegistry.load(Golden("llama-gguf-q8_0").checkpoint, precision: .exact, adapters: [adapter])
    var whole = ForwardPass(lengths: [tokens.count])
    let together = model(Tensor(tokens, shape: [tokens.count]), &whole)
    var caches = [KeyValueCache(model.cacheShape, precision: .exact)]
    for (index, token) in tokens.enumerated() {
      var pass = try ForwardPass(continuing: caches, lengths: [1], phase: .decode)
      let row = model(Tensor([token], shape: [1]), &pass)
      pass.finish()
      caches = pass.caches
      #expect(largestDifference(row, together.sliced(axis: 0, index..<index + 1)) <= 1e-4)
    }
    #expect(largestDifference(together, try logits("llama-gguf-q8_0", [], tokens)) > 0.1)
  }

  /// An adapter for the query projections of that model.
  private static func queryAdapter() throws -> LowRankAdapter {
    let folder = try TemporaryFolder()
    var random = SeededRandom(seed: 7, stream: 0)
    func values(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -0.3...0.3, using: &random) } }
    var tensors: [TensorToWrite] = []
    for layer in 0..<2 {
      let name = "base_model.model.model.layers.\(layer).self_attn.q_proj"
      let width = 64
      tensors.append(try TensorToWrite(name + ".lora_A.weight", shape: [3, width], floats: values(3 * width)))
      tensors.append(try TensorToWrite(name + ".lora_B.weight", shape: [width, 3], floats: values(3 * width)))
    }
    try SafetensorsWriter.write(tensors, to: folder("adapter_model.safetensors"))
    try folder.write("adapter_config.json", #"{"peft_type": "LORA", "r": 3, "lora_alpha": 6}"#)
    return try LowRankAdapter(path: folder.path)
  }

  // MARK: Bad input

  @Test func wrongAdaptersAreRefused() throws {
    #expect(throws: AttendError.self) { try LowRankAdapter(path: "/nowhere") }
    let (ids, _) = try golden("llama")
    // A trained output matrix has no place in a model that uses its embedding for it.
    let tied = try Golden("llama-tied").checkpoint
    let embedding = try #require(tied.tensors.entry("model.embed_tokens.weight"))
    let output = try TemporaryFolder()
    try SafetensorsWriter.write(
      [
        TensorToWrite(
          "base_model.model.lm_head.weight", shape: embedding.shape,
          floats: [Float](repeating: 0.5, count: embedding.shape.reduce(1, *)))
      ], to: output("adapter_model.safetensors"))
    try output.write("adapter_config.json", "{}")
    let refused = #expect(throws: AttendError.self) {
      try ModelRegistry.load(tied, precision: .exact, adapters: [LowRankAdapter(path: output.path)])
    }
    #expect(refused?.message.contains("lm_head.weight") == true)
    // Of a model with other names, and of one with other widths.
    #expect(throws: AttendError.self) { try logits("gpt2", [adapter("llama")], ids) }
    #expect(throws: AttendError.self) { try logits("llama-oddheads", [adapter("llama")], ids) }
    let weights = try MappedFile(path: TestFixtures.path("adapters/llama/adapter_model.safetensors")).copied
    for (field, code) in [
      (#""use_dora": true"#, AttendError.Code.unsupported), (#""peft_type": "LOHA""#, .unsupported),
      (#""lora_alpha": "much""#, .damagedFile), (#""alpha_pattern": {"layers.[0-9]+.q": 3}"#, .unsupported),
    ] {
      let folder = try TemporaryFolder()
      try folder.write("adapter_model.safetensors", weights)
      try folder.write("adapter_config.json", "{\(field)}")
      let error = #expect(throws: AttendError.self) { try LowRankAdapter(path: folder.path) }
      #expect(error?.code == code, "\(field)")
    }
  }
}
