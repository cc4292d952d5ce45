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

  private func pieces(_ text: String, _ kind: PreTokenizer) throws -> [String] {
    let bytes = Array(text.utf8)
    return try kind.pieces(of: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
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
    let kind = try PreTokenizer(pattern: pattern)
    // The reference implementation's engine takes U+017F for an s where case does not matter; Swift's does not.
    let folded = pattern.hasPrefix("(?i:") ? "'\u{17F}|" + pattern : pattern
    let regex = try Regex(folded).matchingSemantics(.unicodeScalar)
    var random = SeededRandom(seed: 3)
    for _ in 0..<3000 {
      let text = randomText(&random)
      expectSame(try pieces(text, kind), matches(text[...], regex), text)
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
      expectSame(try pieces(text, .digitsThenGPT2), expected, text)
    }
  }

  @Test func piecesOfBrokenTextCoverIt() throws {
    let tables = try ["default", "falcon", "deepseek-llm", "tekken"].map { try PreTokenizer(ggufName: $0) }
    var random = SeededRandom(seed: 5)
    for _ in 0..<5000 {
      let bytes = (0..<Int.random(in: 0...20, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      for kind in [PreTokenizer.gpt2, .digitsThenGPT2, .llama3, .qwen2] + tables {
        var end = 0
        for piece in try kind.pieces(of: bytes) {
          #expect(piece.lowerBound == end && !piece.isEmpty)
          end = piece.upperBound
        }
        #expect(end == bytes.count)
      }
    }
  }

  /// The same patterns as tables.
  @Test func tablesCutLikeScanners() throws {
    let pairs: [(PreTokenizer, [String])] = [
      (.gpt2, [PreTokenizer.gpt2Pattern]), (.llama3, [PreTokenizer.llama3Pattern]),
      (.qwen2, [PreTokenizer.qwen2Pattern]), (.digitsThenGPT2, [#"\p{N}"#, PreTokenizer.gpt2Pattern]),
    ]
    var random = SeededRandom(seed: 6)
    for (scanner, patterns) in pairs {
      let table = PreTokenizer.patterns(try PieceCutter(patterns: patterns))
      for _ in 0..<2000 {
        let text = randomText(&random)
        expectSame(try pieces(text, table), try pieces(text, scanner), text)
      }
    }
  }

  /// Tables against the standard library's regular expressions, constructs of all kinds.
  @Test(
    arguments: [
      #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|\p{N}{1,3}|\s+(?!\S)|\s+"#,
      #"a|a*b"#, #"(a|ab)(c|bcd)(d*)"#, #"\s?[A-Za-zµÀ-ÖØ-öø-ƺ]+"#, #"[^\n]+|[\n]+"#, #"[12]{2,3}?[a-z]"#,
      #"\S+|\s{3}"#,
      #"[\p{L}&&[^a-m]]+"#, #"(?:é|e\x{301}|日本?)+?語"#, #"(?=\p{L})[^a-z]+1?"#, #"'(?:s|t|ll)(?!\p{L})"#, #"\P{L}{2,}"#,
    ])
  func tablesCutLikeTheirPatterns(_ pattern: String) throws {
    let kind = PreTokenizer.patterns(try PieceCutter(patterns: [pattern]))
    let spelled = pattern.replacing("[\\p{L}&&[^a-m]]", with: "(?:(?![a-m])\\p{L})")
    let regex = try Regex(spelled).matchingSemantics(.unicodeScalar)
    var random = SeededRandom(seed: 7)
    for _ in 0..<1500 {
      let text = randomText(&random)
      var expected: [String] = []
      var gap = text.startIndex
      var position = text.startIndex
      while position < text.endIndex {
        guard let match = try regex.prefixMatch(in: text[position...]), !match.range.isEmpty else {
          position = text.unicodeScalars.index(after: position)
          continue
        }
        if gap < position { expected.append(String(text[gap..<position])) }
        expected.append(String(text[match.range]))
        position = match.range.upperBound
        gap = position
      }
      if gap < text.endIndex { expected.append(String(text[gap...])) }
      expectSame(try pieces(text, kind), expected, text)
    }
  }

  @Test(
    arguments: [
      ("[a-z", "set"), ("(a", "group"), ("a)", ")"), ("*a", "repeat"), (#"\p{Nope}"#, "Nope"), (#"(?<=a)b"#, "(?<"),
      (#"\bword"#, #"\b"#), (#"a(?=bc)"#, "ahead"), ("a*", "nothing"), ("^a", "^"), ("(ab)++", "possessive"),
      (#"(a)\1"#, #"\1"#), ("a{5000}", "1000"), ("a{1000}{1000}", "complex"), ("(?i:[a-z]&", "group"),
      ("\\", "backslash"),
      ("[z-a]", "range"), ("[[:alpha:]]", "[:"),
      ("(?:a|b|ab)*?(?:x{0,300}y{0,300}a){0,20}c", "complex"),
    ])
  func whatPatternsMayNotHaveIsNamed(_ pattern: String, _ name: String) {
    do {
      _ = try PreTokenizer(pattern: pattern)
      Issue.record("\(pattern) was read")
    } catch {
      #expect(error.code == .unsupported || error.code == .damagedFile)
      #expect(error.message.contains(name) && error.message.contains("pattern"), "\(error)")
    }
  }

  @Test func unknownNamesAreRefused() throws {
    for name in PreTokenizer.ggufNames { _ = try PreTokenizer(ggufName: name) }
    #expect(PreTokenizer.ggufNames.count > 60)
    do {
      _ = try PreTokenizer(ggufName: "no-such")
      Issue.record("no-such is known")
    } catch {
      #expect(error.code == .unsupported && error.message.contains("\"no-such\""))
      #expect(error.hint?.contains("qwen35, refact") == true)
    }
  }

  /// Attempts in vain from each of many places would take 10¹¹ steps.
  @Test func longTextsTakeNoQuadraticTime() throws {
    let spaces = [UInt8](repeating: 0x20, count: 300_000) + [0x61]
    let last = PreTokenizer.patterns(try PieceCutter(patterns: [#"\s+$"#]))
    #expect(try last.pieces(of: spaces) == [0..<spaces.count])
    let overlong = PreTokenizer.patterns(try PieceCutter(patterns: ["a*b|a"]))
    #expect { try overlong.pieces(of: [UInt8](repeating: 0x61, count: 300_000)) } throws: {
      ($0 as? AttendError)?.code == .limitExceeded
    }
  }
}
