import AttendBase
import AttendText
import Testing

/// The hand-written scanners against the patterns themselves, run by the standard library's regular expressions.
@Suite struct PreTokenizerTests {
  /// Letters, digits, white space, marks and symbols of all lengths in UTF-8, those that patterns treat specially most.
  private static let alphabet: [Unicode.Scalar] =
    Array("aZsStTmMdDrRvVeElL'  \n\r\t12٣Ⅷ½é_.!-日本語🙂".unicodeScalars) + [
      "\u{301}", "\u{85}", "\u{A0}", "\u{2003}", "\u{2028}", "\u{3000}", "\u{17F}", "\u{1C}", "\u{200B}", "\u{1F1E9}",
      "\u{10400}", "\u{323AF}", "\u{E0001}", "\u{10FFFF}", "\u{0}",
    ]

  private func randomText(_ random: inout SeededRandom) -> String {
    var view = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...24, using: &random) {
      let scalar = PreTokenizerTests.alphabet.randomElement(using: &random) ?? "a"
      for _ in 0..<(Bool.random(using: &random) ? 1 : Int.random(in: 1...4, using: &random)) { view.append(scalar) }
    }
    return String(view)
  }

  private func pieces(_ text: String, _ kind: PreTokenizer) -> [String] {
    let bytes = Array(text.utf8)
    return kind.pieces(of: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  private func matches(_ text: Substring, _ regex: Regex<AnyRegexOutput>) -> [String] {
    var rest = text
    var found: [String] = []
    while !rest.isEmpty, let match = try? regex.prefixMatch(in: rest) {
      found.append(String(rest[match.range]))
      rest = rest[match.range.upperBound...]
    }
    #expect(rest.isEmpty)
    return found
  }

  private func expectSame(_ first: [String], _ second: [String], _ text: String) {
    #expect(first.map { Array($0.utf8) } == second.map { Array($0.utf8) }, "\(text.debugDescription)")
  }

  @Test(arguments: [PreTokenizer.gpt2Pattern, PreTokenizer.llama3Pattern, PreTokenizer.qwen2Pattern])
  func scannersCutLikeTheirPatterns(_ pattern: String) throws {
    let kind = try #require(PreTokenizer(pattern: pattern))
    // The reference implementation's engine takes U+017F for an s where case does not matter; Swift's does not.
    let folded = pattern.hasPrefix("(?i:") ? "'\u{17F}|" + pattern : pattern
    let regex = try Regex(folded).matchingSemantics(.unicodeScalar)
    var random = SeededRandom(seed: 3)
    for _ in 0..<3000 {
      let text = randomText(&random)
      expectSame(pieces(text, kind), matches(text[...], regex), text)
    }
  }

  @Test func digitsStandAlone() throws {
    let regex = try Regex(PreTokenizer.gpt2Pattern).matchingSemantics(.unicodeScalar)
    var random = SeededRandom(seed: 4)
    for _ in 0..<3000 {
      let text = randomText(&random)
      var expected: [String] = []
      var start = text.unicodeScalars.startIndex
      for index in text.unicodeScalars.indices {
        switch text.unicodeScalars[index].properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber:
          expected += matches(text[start..<index], regex)
          expected.append(String(text.unicodeScalars[index]))
          start = text.unicodeScalars.index(after: index)
        default: break
        }
      }
      expected += matches(text[start...], regex)
      expectSame(pieces(text, .digitsThenGPT2), expected, text)
    }
  }

  @Test func piecesOfBrokenTextCoverIt() {
    var random = SeededRandom(seed: 5)
    for _ in 0..<5000 {
      let bytes = (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      for kind in [PreTokenizer.gpt2, .digitsThenGPT2, .llama3, .qwen2] {
        var end = 0
        for piece in kind.pieces(of: bytes) {
          #expect(piece.lowerBound == end && !piece.isEmpty)
          end = piece.upperBound
        }
        #expect(end == bytes.count)
      }
    }
  }

  @Test func unknownPatternsAreRefused() {
    #expect(PreTokenizer(pattern: PreTokenizer.gpt2Pattern + " ") == nil)
    #expect(PreTokenizer(ggufName: "no-such") == nil)
  }
}
