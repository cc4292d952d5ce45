import Attend
import AttendBase
import AttendText

/// Compares translations with references: `attend translate --score`.
struct TranslationScore {
  private let translator: Translator
  private let options: TranslationOptions
  private let file: String

  init(_ translator: Translator, _ options: TranslationOptions, file: String) {
    self.translator = translator
    self.options = options
    self.file = file
  }

  func run(json: Bool) async throws {
    let pairs = try Self.pairs(of: file)
    let start = ContinuousClock.now
    var bleu = BLEU()
    var exact = 0
    for first in stride(from: 0, to: pairs.count, by: 256) {
      let part = pairs[first..<min(first + 256, pairs.count)]
      let found = try await translator.translate(
        part.map(\.source), options, numbering: (name: "\(file): line", first: first + 1))
      for (pair, translation) in zip(part, found) {
        bleu.add(translation.text, reference: pair.target)
        if Self.isSame(translation.text, pair.target) { exact += 1 }
      }
    }
    let elapsed = ContinuousClock.now - start
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    try report(bleu, exact: exact, of: pairs.count, seconds: seconds, json: json)
  }

  /// Byte by byte, white space at both ends aside.
  private static func isSame(_ text: String, _ reference: String) -> Bool {
    text.utf8.elementsEqual(reference.trimmed.utf8)
  }

  private func report(_ bleu: BLEU, exact: Int, of count: Int, seconds: Double, json: Bool) throws {
    let signature = "\(BLEU.signature)|version:attend"
    let share = 100 * Double(exact) / Double(count)
    if json {
      var object = JSON.Object()
      object["pairs"] = JSON(count)
      object["exact"] = JSON(exact)
      object["bleu"] = JSON(bleu.score)
      object["signature"] = JSON(signature)
      object["precisions"] = JSON(bleu.precisions.map { JSON($0) })
      object["brevity_penalty"] = JSON(bleu.brevityPenalty)
      object["tokens"] = JSON(bleu.length)
      object["reference_tokens"] = JSON(bleu.referenceLength)
      object["seconds"] = JSON(seconds)
      try Terminal.write(JSON.object(object).text() + "\n")
      return
    }
    let precisions = bleu.precisions.map { Numbers.fixed($0, 1) }.joined(separator: "/")
    try Terminal.write(
      """
      pairs        \(Numbers.grouped(count))
      exact match  \(Numbers.fixed(share, 1)) % (\(Numbers.grouped(exact)))
      BLEU         \(Numbers.fixed(bleu.score, 2)) (precisions \(precisions), brevity penalty \
      \(Numbers.fixed(bleu.brevityPenalty, 3)), \(Numbers.grouped(bleu.length)) tokens, reference \
      \(Numbers.grouped(bleu.referenceLength)))
      signature    \(signature)
      speed        \(Numbers.fixed(Double(count) / max(seconds, 1e-9), 1)) texts/s

      """)
  }

  /// - Throws: `damaged-file` with the line that has no tab.
  private static func pairs(of file: String) throws -> [(source: String, target: String)] {
    let bytes = try MappedFile(path: file).withUnsafeBytes { Array($0) }
    var lines = try Terminal.text(bytes, file).split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    if lines.last?.isEmpty == true { lines.removeLast() }
    return try lines.enumerated().map { index, line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count >= 2 else {
        throw AttendError(
          .damagedFile, "\(file): line \(index + 1) has no tab", hint: "each line is a text, a tab and its translation")
      }
      return (String(fields[0]), String(fields[1]))
    }
  }
}
