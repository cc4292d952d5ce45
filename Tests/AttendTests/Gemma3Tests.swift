import Attend
import AttendBase
import AttendTensor
import AttendTestSupport
import AttendText
import Testing

/// Gemma 3 270M as published in GGUF: Q4_K, Q5_0, Q6_K and Q8_0 blocks, a tied 8-bit embedding of 262,144 rows.
@Suite(.enabled(if: TestModels.gemma3 != nil, "run scripts/fetch-models gemma3-270m"), .serialized)
struct Gemma3Tests {
  private func load(_ precision: Precision) async throws -> LanguageModel {
    try await LanguageModel.load(from: .file(try #require(TestModels.gemma3)), precision: precision)
  }

  /// The likelihood that the reference implementation gives with the weights widened to float32.
  @Test(arguments: [(Precision.exact, 0.01), (.fast, 0.03)])
  func lossOnRealText(_ precision: Precision, _ tolerance: Double) async throws {
    let text = try MappedFile(path: TestFixtures.path("austen-3000.txt"))
      .withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    let likelihood = try await load(precision).likelihood(of: text, limit: 512)
    #expect(likelihood.predictions == 511)
    #expect(abs(likelihood.mean - 3.491) <= tolerance, "\(likelihood.mean)")
  }

  @Test func tokenizerRoundTrips() async throws {
    let tokenizer = try await load(.fast).tokenizer
    for text in ["Hello, world!", "a  b   c\n\n\n\td", "é日本🙂", " <b>bold</b>", String(repeating: " ", count: 40)] {
      let ids = try tokenizer.encode(text)
      #expect(tokenizer.decode(ids) == text)
    }
    #expect(tokenizer.specialTokens.beginning == 2)
    #expect(try tokenizer.encode("", addSpecialTokens: true) == [2])
    #expect(try tokenizer.encode("<start_of_turn>", allowSpecial: true) == [105])
    #expect(try tokenizer.encode("<start_of_turn>").count > 1)
  }
}
