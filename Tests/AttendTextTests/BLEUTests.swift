import AttendBase
import AttendTestSupport
import AttendText
import Testing

/// Against what sacreBLEU says.
@Suite struct BLEUTests {
  private func fixture() throws -> JSON {
    let file = try MappedFile(path: TestFixtures.path("bleu.json"))
    return try file.withUnsafeBytes { try JSON(parsing: $0, source: file.path) }
  }

  @Test func tokensAreThoseOf13a() throws {
    let cases = try #require(try fixture()["tokens"]?.arrayValue)
    #expect(cases.count >= 20)
    for example in cases {
      let text = try #require(example["text"]?.stringValue)
      let tokens = Tokenizer13a.tokens(text).map { String(decoding: $0, as: UTF8.self) }
      #expect(tokens == example["tokens"]?.arrayValue?.compactMap(\.stringValue), "\(text)")
    }
  }

  @Test func scoresAreThoseOfSacreBLEU() throws {
    let corpora = try #require(try fixture()["corpora"]?.arrayValue)
    #expect(corpora.count >= 9)
    for corpus in corpora {
      var bleu = BLEU()
      for pair in try #require(corpus["pairs"]?.arrayValue) {
        bleu.add(try #require(pair[0]?.stringValue), reference: try #require(pair[1]?.stringValue))
      }
      #expect(abs(bleu.score - (corpus["score"]?.doubleValue ?? -1)) < 1e-9, "\(corpus.text())")
      #expect(abs(bleu.brevityPenalty - (corpus["brevity_penalty"]?.doubleValue ?? -1)) < 1e-12)
      #expect(bleu.matches == corpus["matches"]?.arrayValue?.compactMap(\.intValue))
      #expect(bleu.totals == corpus["totals"]?.arrayValue?.compactMap(\.intValue))
    }
  }
}
