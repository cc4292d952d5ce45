import AttendBase
import AttendTestSupport
import AttendText
import Testing

/// Normalizers of whole characters against what the reference implementation makes of them; see
/// Fixtures/make-compatibility-forms.py, which prints the digests.
@Suite struct CompatibilityFormsTests {
  private func tokenizer(_ normalizer: JSON) throws -> ByteLevelBPE {
    let path = TestFixtures.path("tokenizers/tiny-gpt-2/tokenizer.json")
    var file = try #require(JSON(parsing: readFile(path), source: path).objectValue)
    file["normalizer"] = normalizer
    return try ByteLevelBPE(tokenizerJSON: .object(file), source: path)
  }

  private func digest(_ tokenizer: ByteLevelBPE, _ scalars: some Sequence<Unicode.Scalar>) -> UInt64 {
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    for scalar in scalars {
      for byte in tokenizer.normalized(Array("a\(scalar)\u{301}".utf8)) + [UInt8(ascii: "\n")] {
        digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3
      }
    }
    return digest
  }

  private var scalars: some Sequence<Unicode.Scalar> { (UInt32(0)..<0x110000).lazy.compactMap(Unicode.Scalar.init) }

  @Test func compatibleFormsAreTheReferences() throws {
    let (composed, decomposed) = (try tokenizer(["type": "NFKC"]), try tokenizer(["type": "NFKD"]))
    let canonical = try tokenizer(["type": "NFD"])
    let compatible = scalars.filter { scalar in
      let text = Array(String(scalar).utf8)
      return decomposed.normalized(text) != canonical.normalized(text)
    }
    #expect(compatible.count == 3678)
    #expect(digest(composed, compatible) == 0xEB91_2771_BCF6_276A)
    #expect(digest(decomposed, compatible) == 0xC7DE_E6C4_F012_A9B8)
  }

  @Test func cleaningIsTheReferences() throws {
    #expect(digest(try tokenizer(["type": "Nmt"]), scalars.prefix { $0.value < 0x10000 }) == 0x28F4_4EC0_6C67_B6A2)
  }
}
