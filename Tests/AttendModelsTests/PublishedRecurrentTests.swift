import AttendBase
import AttendModels
import AttendTestSupport
import Testing

/// Real published recurrent weights (`scripts/fetch-models g2p names vad`) against answers that NumPy computed from
/// them in float64; see Fixtures/make-published.py.
@Suite struct PublishedRecurrentTests {
  private func expected() throws -> JSON {
    let path = TestFixtures.path("published/expected.json")
    return try MappedFile(path: path).withUnsafeBytes { try JSON(parsing: $0, source: path) }
  }

  @Test(.enabled(if: TestModels.graphemeToPhoneme != nil)) func wordsArePronounced() throws {
    let model = try GraphemeToPhoneme(path: try #require(TestModels.graphemeToPhoneme))
    #expect(try model("whisper") == ["W", "IH1", "S", "P", "ER0"])
    let words = try #require(expected()["phonemes"]?.objectValue)
    #expect(words.count == 11)
    for (word, phonemes) in words {
      #expect(try model(word).joined(separator: " ") == phonemes.stringValue, "\(word)")
    }
    #expect(try model("WHISPER") == model("whisper"))
    #expect(throws: AttendError.self) { try model(String(repeating: "a", count: 2000)) }
  }

  @Test(.enabled(if: TestModels.names != nil)) func namesAreTransliterated() throws {
    let model = try NameTransliterator(folder: try #require(TestModels.names))
    let names = try #require(expected()["names"]?.objectValue)
    #expect(names.count == 9)
    for (name, answer) in names {
      let result = try model(name)
      #expect(result.text == answer["text"]?.stringValue, "\(name)")
      #expect(abs(result.logProbability - (answer["log_probability"]?.doubleValue ?? 0)) < 1e-4, "\(name)")
    }
    #expect(try model("محمد").text == "Mohamed")
  }

  @Test(.enabled(if: TestModels.voiceActivity != nil)) func speechIsHeard() throws {
    let model = try VoiceActivity(path: try #require(TestModels.voiceActivity))
    let samples = try MappedFile(path: TestFixtures.path("published/speech.raw")).withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 2).map { place in
        Float(Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Int16.self))) / 32768
      }
    }
    let probabilities = model(samples)
    let expected = (try #require(expected()["speech"]?.arrayValue)).compactMap(\.doubleValue)
    #expect(probabilities.count == expected.count && expected.count == 52)
    let worst = zip(probabilities, expected).map { abs(Double($0) - $1) }.max() ?? 1
    #expect(worst < 1e-5)
    // Silence, then a voice.
    #expect(probabilities[0..<5].allSatisfy { $0 < 0.1 } && probabilities[10...].allSatisfy { $0 > 0.9 })
    #expect(model([Float](repeating: 0, count: 511)) == [])
    #expect(model([]) == [])
  }

  @Test func otherFilesAreRefused() throws {
    let other = TestFixtures.path("numpy/plain.npz")
    #expect(throws: AttendError.self) { try GraphemeToPhoneme(path: other) }
    #expect(throws: AttendError.self) { try VoiceActivity(path: other) }
    #expect(throws: AttendError.self) { try NameTransliterator(folder: TestFixtures.path("numpy")) }
  }
}
