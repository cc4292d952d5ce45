import AttendBase
import AttendFormats
import AttendTestSupport
import Testing

@Suite struct RealModelTests {
  @Test(.enabled(if: TestModels.smolLM2 != nil, "scripts/fetch-models smollm2 has not been run"))
  func opensSmolLM2() throws {
    let path = try #require(TestModels.smolLM2)
    let file = try GGUFFile(path: path)
    #expect(file.metadata["general.architecture"]?.stringValue == "llama")
    #expect(file.metadata["llama.block_count"]?.intValue == 30)
    #expect(file.metadata["llama.rope.freq_base"]?.doubleValue == 100_000)
    let tokens = try #require(file.metadata["tokenizer.ggml.tokens"]?.strings)
    #expect(tokens.count == 49_152 && Array(tokens[504]) == Array("The".utf8))
    #expect(file.metadata["tokenizer.ggml.merges"]?.strings?.count == 48_900)
    #expect(file.metadata["tokenizer.ggml.token_type"]?.integers?.count == 49_152)
    #expect(file.tensors.count == 272)
    let embedding = try file.tensors.tensor("token_embd.weight")
    #expect(embedding.shape == [49_152, 576] && embedding.elementType == .blocks(.q80))
    let query = try file.tensors.tensor("blk.0.attn_q.weight")
    #expect(query.shape == [576, 576] && query.elementType == .blocks(.q41))
    let key = try file.tensors.tensor("blk.0.attn_k.weight")
    #expect(key.shape == [192, 576])
    // Weights of a trained model: finite, centred, of a plausible size.
    let values = query.floats()
    let meanSquare = values.reduce(0) { $0 + $1 * $1 } / Float(values.count)
    #expect(values.allSatisfy(\.isFinite) && (1e-4..<1).contains(meanSquare))
  }

  @Test(.enabled(if: TestModels.smolLM2 != nil, "scripts/fetch-models smollm2 has not been run"))
  func opensSmolLM2Fast() throws {
    let path = try #require(TestModels.smolLM2)
    // The best of several: another process may hold the core.
    let best = try (0..<20).map { _ in try ContinuousClock().measure { _ = try Checkpoint(path: path) } }.min()
    #expect(try #require(best) < .milliseconds(10))
  }

  @Test(.enabled(if: TestModels.gemma3 != nil, "scripts/fetch-models gemma3-270m has not been run"))
  func listsTensorsOfUnreadableTypes() throws {
    let file = try GGUFFile(path: try #require(TestModels.gemma3))
    #expect(file.metadata["general.architecture"]?.stringValue == "gemma3")
    #expect(file.metadata["tokenizer.ggml.tokens"]?.strings?.count == 262_144)
    let types = Set(file.tensors.entries.map(\.typeName))
    #expect(types.isSuperset(of: ["F32", "Q4_K", "Q6_K"]))
  }

  @Test(.enabled(if: TestModels.vocabularies != nil, "scripts/fetch-models vocabularies has not been run"))
  func opensEveryVocabulary() throws {
    let folder = try #require(TestModels.vocabularies)
    let names = try Folder.names(in: folder).filter { $0.hasSuffix(".gguf") }
    #expect(names.count > 10)
    for name in names {
      let metadata = try GGUFFile(path: "\(folder)/\(name)").metadata
      let tokens = try #require(metadata["tokenizer.ggml.tokens"]?.strings, "\(name)")
      #expect(tokens.count > 20_000 && metadata["tokenizer.ggml.model"]?.stringValue != nil, "\(name)")
    }
  }
}
