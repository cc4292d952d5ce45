import Attend
import AttendBase
import AttendFormats
import AttendGeneration
import AttendTensor
import AttendTestSupport
import AttendText
import Testing

/// SmolLM2 as published, in other forms.
@Suite(.enabled(if: TestModels.smolLM2 != nil, "run scripts/fetch-models smollm2"), .serialized)
struct RealConversionTests {
  /// To a folder and back: the same tokenizer, template and weights.
  @Test func smolLM2AsFolderAndBack() async throws {
    let path = try #require(TestModels.smolLM2)
    let folder = try TemporaryFolder()
    _ = try await ModelConversion.convert(.file(path), to: folder("model"), type: .float16)
    let summary = try await ModelConversion.quantize(.directory(folder("model")), to: folder("q8.gguf"), as: .q80)
    #expect(summary.parameters == 134_515_008)
    let (original, written) = (try Checkpoint(path: path), try Checkpoint(path: folder("q8.gguf")))
    let (first, second) = (try #require(try original.readTokenizer()), try #require(try written.readTokenizer()))
    #expect(first.specialTokens == second.specialTokens && first.vocabularySize == second.vocabularySize)
    let text = try MappedFile(path: TestFixtures.path("austen-3000.txt")).withUnsafeBytes {
      String(decoding: $0, as: UTF8.self)
    }
    for text in [text, "1234 <|im_start|> é日本🙂\n\n\t x"] {
      #expect(try first.encode(text, allowSpecial: true) == second.encode(text, allowSpecial: true))
    }
    #expect(try ChatTemplateSource(original)?.text == ChatTemplateSource(written)?.text)
    let model = try await LanguageModel.load(from: .file(folder("q8.gguf")), precision: .fast)
    let likelihood = try await model.likelihood(of: text, limit: 512)
    #expect(abs(likelihood.mean - 3.4776) <= 0.03, "\(likelihood.mean)")
  }
}

/// Vocabularies of llama.cpp as tokenizer.json.
@Suite(.enabled(if: TestModels.vocabularies != nil, "run scripts/fetch-models vocabularies"))
struct RealTokenizerConversionTests {
  @Test(arguments: ["llama-spm", "gpt-2", "llama-bpe", "qwen2", "deepseek-llm", "phi-3"])
  func givesTheSameIDs(_ name: String) throws {
    let path = try #require(TestModels.vocabularies) + "/ggml-vocab-\(name).gguf"
    let checkpoint = try Checkpoint(path: path)
    guard case .gguf(let values) = checkpoint.configuration else { return }
    let metadata = try #require(try checkpoint.tokenizerMetadata(values))
    let tokenizer = try metadata.tokenizer()
    let json = try metadata.tokenizerJSON()
    let configuration = JSON.object(metadata.tokenizerConfiguration())
    let read = try TokenizerFile.read(json, configuration: configuration, source: "tokenizer.json")
    var notes: [String] = []
    let again = try TokenizerMetadata(
      tokenizerJSON: json, configuration: configuration, roles: SpecialTokens(), count: tokenizer.vocabularySize,
      source: "tokenizer.json", notes: &notes
    ).tokenizer()
    for text in ["Hello, world! 12345", " a  b\n\ncat's don't", "é 日本 🙂\u{1F600}", "x = y_2 + 3.14;\n\tif (a) {}", ""] {
      let ids = try tokenizer.encode(text, addSpecialTokens: true)
      #expect(try read.encode(text, addSpecialTokens: true) == ids)
      #expect(try again.encode(text, addSpecialTokens: true) == ids)
    }
  }
}
