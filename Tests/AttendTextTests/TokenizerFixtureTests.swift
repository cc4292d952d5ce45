import AttendBase
import AttendTestSupport
import AttendText
import Testing

/// Ids that the reference implementation (the tokenizers library) gives; see Fixtures/README.md.
@Suite struct TokenizerFixtureTests {
  @Test(arguments: ["tiny-gpt-2", "tiny-smollm", "tiny-flags"])
  func tokenizerJSONMatchesTheReference(_ name: String) throws {
    let bytes = try readFile(TestFixtures.path("tokenizers/\(name)/tokenizer.json"))
    let tokenizer = try ByteLevelBPE(tokenizerJSON: bytes, source: "tokenizer.json")
    try check(tokenizer, "tokenizers/\(name)/expected.json", addSpecialTokens: true)
  }

  @Test(arguments: ["tiny-gemma", "tiny-llama", "tiny-metaspace"])
  func sentencePiecesMatchTheReference(_ name: String) throws {
    let bytes = try readFile(TestFixtures.path("tokenizers/\(name)/tokenizer.json"))
    let tokenizer = try TokenizerFile.read(JSON(parsing: bytes, source: name), source: name)
    #expect(tokenizer is SentencePieceBPE)
    try check(tokenizer, "tokenizers/\(name)/expected.json", addSpecialTokens: true)
  }

  @Test(.enabled(if: TestModels.smolLM2 != nil))
  func smolLM2MatchesTheReference() throws {
    let tokenizer = try ByteLevelBPE(ggufMetadata(try #require(TestModels.smolLM2)))
    try check(tokenizer, "tokenizers/smollm2.json", addSpecialTokens: false)
    #expect(try tokenizer.encode("The capital of France is") == [504, 3575, 282, 4649, 314])
    #expect(tokenizer.specialTokens.end == 2)
    #expect(tokenizer.id(of: "<|im_start|>") == 1)
  }

  @Test(.enabled(if: TestModels.vocabularies != nil))
  func gpt2MatchesTheReference() throws {
    let folder = try #require(TestModels.vocabularies)
    let tokenizer = try ByteLevelBPE(ggufMetadata("\(folder)/ggml-vocab-gpt-2.gguf"))
    try check(tokenizer, "tokenizers/gpt-2.json", addSpecialTokens: false)
  }

  /// llama.cpp's own vectors.
  @Test(
    .enabled(if: TestModels.vocabularies != nil),
    arguments: [
      "gpt-2", "starcoder", "refact", "llama-bpe", "qwen2", "command-r", "deepseek-coder", "deepseek-llm", "falcon",
      "mpt",
      "qwen35",
    ])
  func llamaCppVocabulariesMatch(_ name: String) throws {
    let path = "\(try #require(TestModels.vocabularies))/ggml-vocab-\(name).gguf"
    let tokenizer = try ByteLevelBPE(ggufMetadata(path))
    let texts = try split(readFile(path + ".inp"), by: Array("\n__ggml_vocab_test__\n".utf8))
    let lines = try split(readFile(path + ".out"), by: [0x0A])
    #expect(texts.count > 40)
    for (text, line) in zip(texts, lines) {
      let expected = line.split(separator: 0x20).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
      let ids = try tokenizer.encode(bytes: text)
      #expect(ids == expected, "\(String(decoding: text, as: UTF8.self).debugDescription)")
      #expect(Array(tokenizer.decode(ids).utf8) == text)
    }
  }

  @Test(.enabled(if: TestModels.vocabularies != nil))
  func bertVocabularyMatches() throws {
    let path = "\(try #require(TestModels.vocabularies))/ggml-vocab-bert-bge.gguf"
    let tokenizer = try ggufMetadata(path).tokenizer()
    #expect(tokenizer is WordPiece)
    let texts = try split(readFile(path + ".inp"), by: Array("\n__ggml_vocab_test__\n".utf8))
    let lines = try split(readFile(path + ".out"), by: [0x0A])
    #expect(texts.count > 40)
    for (text, line) in zip(texts, lines) {
      let expected = line.split(separator: 0x20).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
      #expect(
        try tokenizer.encode(bytes: text) == expected, "\(String(decoding: text, as: UTF8.self).debugDescription)")
      #expect(try tokenizer.encode(bytes: text, addSpecialTokens: true) == [101] + expected + [102])
    }
    #expect(tokenizer.decode(try tokenizer.encode("Hello, World! It's a test.")) == "hello, world! it ' s a test.")
  }

  /// Every vocabulary that has vectors is in one of the tests of this folder.
  @Test(.enabled(if: TestModels.vocabularies != nil))
  func allVocabulariesWithVectorsAreTested() throws {
    let tested: Set<String> = [
      "gpt-2", "starcoder", "refact", "llama-bpe", "qwen2", "command-r", "deepseek-coder", "deepseek-llm", "falcon",
      "mpt",
      "qwen35", "bert-bge", "llama-spm", "phi-3", "gemma-4",
    ]
    let files = try Folder.names(in: try #require(TestModels.vocabularies)).filter { $0.hasSuffix(".gguf.out") }
    #expect(Set(files.map { String($0.dropFirst("ggml-vocab-".count).dropLast(".gguf.out".count)) }) == tested)
  }

  private func check(_ tokenizer: any Tokenizer, _ expectations: String, addSpecialTokens: Bool) throws {
    let json = try JSON(parsing: readFile(TestFixtures.path(expectations)), source: expectations)
    let encode = try #require(json["encode"]?.arrayValue)
    #expect(encode.count > 20)
    for item in encode {
      let text = try #require(item["text"]?.stringValue)
      let expected = try #require(item["ids"]?.arrayValue).compactMap { $0.intValue.map(Int32.init) }
      let ids = try tokenizer.encode(text, allowSpecial: true, addSpecialTokens: addSpecialTokens)
      #expect(ids == expected, "\(text.debugDescription)")
      let decoded = item["decoded"]?.stringValue ?? text
      #expect(Array(tokenizer.decode(expected).utf8) == Array(decoded.utf8), "\(text.debugDescription)")
    }
    for item in json["decode"]?.arrayValue ?? [] {
      let ids = try #require(item["ids"]?.arrayValue).compactMap { $0.intValue.map(Int32.init) }
      let decoded = try #require(item["decoded"]?.stringValue)
      #expect(Array(tokenizer.decode(ids).utf8) == Array(decoded.utf8), "\(ids)")
    }
  }

  private func split(_ bytes: [UInt8], by separator: [UInt8]) -> [[UInt8]] {
    var parts: [[UInt8]] = [[]]
    var position = 0
    while position < bytes.count {
      if bytes[position...].starts(with: separator) {
        parts.append([])
        position += separator.count
      } else {
        parts[parts.count - 1].append(bytes[position])
        position += 1
      }
    }
    return parts
  }
}
