import AttendBase
import AttendTestSupport
import AttendText
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Random texts against hashes of what the reference implementations make of them; see
/// Fixtures/make-tokenizer-fuzz.py, whose formula for texts this repeats.
@Suite struct TokenizerFuzzTests {
  private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
      return z ^ z >> 31
    }

    mutating func below(_ bound: Int) -> UInt32 { UInt32(next() % UInt64(bound)) }

    private static let special: [UInt32] = """
      '’"“”`´ſK½²Ⅷ٣१１ªºßẞİıŉﬁﬃ㎏℃…。，、！？「」ー々〇ｱﾞ\u{a0}\u{ad}\u{200b}\u{200c}\u{200d}\u{2003}\u{2028}\u{3000}\u{feff}\u{fffd}▁Ġ\t\n\r\
      \0\u{1b}\u{7f}\u{85}
      """.unicodeScalars.map(\.value)

    private mutating func scalar() -> UInt32 {
      switch below(100) {
      case ..<34: 0x61 + below(26)
      case ..<45: 0x20
      case ..<51: 0x30 + below(10)
      case ..<57: 0x21 + below(15)
      case ..<60: 0x3A + below(7)
      case ..<66: 0x41 + below(26)
      case ..<75: SplitMix.special[Int(below(SplitMix.special.count))]
      case ..<82: 0xC0 + below(0x170)
      case ..<86: 0x3B1 + below(0x190)
      case ..<88: 0x5D0 + below(27)
      case ..<90: 0x621 + below(0x32)
      case ..<91: 0x905 + below(0x49)
      case ..<94: 0x4E00 + below(0x5000)
      case ..<96: 0xAC00 + below(11172)
      case ..<98: 0x1F300 + below(0x2F0)
      default: 0x300 + below(0x70)
      }
    }

    mutating func text() -> String {
      var text = String.UnicodeScalarView()
      for _ in 0..<below(28) {
        let scalar = Unicode.Scalar(scalar()) ?? " "
        let count = below(8) > 0 ? 1 : 2 + below(3)
        text.append(contentsOf: repeatElement(scalar, count: Int(count)))
      }
      return String(text)
    }
  }

  private struct Digest {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ ids: [Int32]) {
      for id in ids + [-1] {
        for shift in [0, 8, 16, 24] as [UInt32] {
          value = (value ^ UInt64(UInt32(bitPattern: id) >> shift & 0xFF)) &* 0x100_0000_01B3
        }
      }
    }

    var text: String {
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
  }

  static let fixture: JSON = {
    let path = TestFixtures.path("tokenizers/fuzz.json")
    return (try? JSON(parsing: readFile(path), source: path)) ?? .null
  }()

  /// What a tokenizer of the fixture makes of a text.
  private func encoder(_ entry: JSON) throws -> (String) throws -> [Int32] {
    let path = TestFixtures.path("tokenizers/" + (try #require(entry["file"]?.stringValue)))
    if path.hasSuffix(".model") {
      let tokenizer = try SentencePieceFile.read(MappedFile(path: path))
      return { try tokenizer.encode($0) }
    }
    var file = try #require(JSON(parsing: readFile(path), source: path).objectValue)
    for (key, value) in entry["changes"]?.objectValue ?? JSON.Object() { file[key] = value }
    guard entry["pieces"] == true else {
      let tokenizer = try TokenizerFile.read(.object(file), source: path)
      return { try tokenizer.encode($0, allowSpecial: true, addSpecialTokens: true) }
    }
    let tokenizer = try ByteLevelBPE(tokenizerJSON: .object(file), source: path)
    return { text in
      try tokenizer.preTokenizer.pieces(of: tokenizer.normalized(Array(text.utf8))).map { Int32($0.count) }
    }
  }

  @Test(arguments: (fixture["tokenizers"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue })
  func matchesTheReference(_ name: String) throws {
    let fixture = TokenizerFuzzTests.fixture
    let entry = try #require(fixture["tokenizers"]?.arrayValue?.first { $0["name"]?.stringValue == name })
    let encode = try encoder(entry)
    var random = SplitMix(state: UInt64(try #require(fixture["seed"]?.intValue)))
    let hashes = try #require(entry["hashes"]?.arrayValue).compactMap(\.stringValue)
    #expect(hashes.count == 10)
    for (block, hash) in hashes.enumerated() {
      var digest = Digest()
      for _ in 0..<(try #require(fixture["block"]?.intValue)) { digest.add(try encode(random.text())) }
      #expect(digest.text == hash, "block \(block)")
    }
  }

  @Test func theFixtureIsThere() {
    #expect(TokenizerFuzzTests.fixture["tokenizers"]?.arrayValue?.count == 40)
  }

  /// Mixed scripts, whole. `ATTEND_ROUND_TRIP_MEGABYTES=10` takes longer.
  @Test(
    .enabled(if: TestModels.vocabularies != nil),
    arguments: ["gpt-2", "llama-bpe", "qwen2", "deepseek-llm", "falcon", "llama-spm", "gemma-4"])
  func mixedScriptsComeBack(_ name: String) throws {
    let tokenizer = try ggufMetadata(
      "\(try #require(TestModels.vocabularies))/ggml-vocab-\(name).gguf"
    ).tokenizer()
    let megabytes = getenv("ATTEND_ROUND_TRIP_MEGABYTES").flatMap { Int(String(cString: $0)) }
    let size = megabytes.map { $0 << 20 } ?? 300_000
    var random = SplitMix(state: 7)
    var text: [UInt8] = []
    while text.count < size { text += random.text().utf8 }
    let ids = try tokenizer.encode(bytes: text)
    #expect(ids.count < text.count)
    var decoder = tokenizer.streamingDecoder()
    var decoded: [UInt8] = []
    decoded.reserveCapacity(text.count)
    for id in ids { decoded += decoder.append(id).utf8 }
    decoded += decoder.finish().utf8
    // SentencePiece spells spaces with ▁, so that one in the text becomes a space.
    let mark: Unicode.Scalar = "▁"
    let spaced = String(decoding: text, as: UTF8.self).unicodeScalars.map { $0 == mark ? " " : $0 }
    let expected = tokenizer is ByteLevelBPE ? text : Array(String(String.UnicodeScalarView(spaced)).utf8)
    #expect(decoded == expected)
  }
}
