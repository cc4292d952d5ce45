import ArgumentParser
import Attend
import AttendBase

struct AlignmentHeadsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "alignment-heads",
    abstract: "Finds the heads whose attention shows which words a translation came from.",
    discussion: """
      Each line of the file is a text, its translation, the words of each (separated by spaces) and links between them
      such as 0-0 2-1, separated by tabs. A head is right about a word of the translation if it gives most weight to a
      source word that the file links to it. Heads are then combined, the best first, as long as that helps.

      Examples:
        attend alignment-heads held-out.alignment.tsv
        attend alignment-heads held-out.alignment.tsv --model runs/en-fr --write
      """)

  @Option(
    help: ArgumentHelp(
      "A folder with an encoder-decoder; left out, the translator inside this program.", valueName: "folder"))
  var model: String?

  @Flag(help: "Write the chosen heads into the folder's config.json, as alignment_heads.")
  var write = false

  @OptionGroup var common: CommonOptions

  @Argument(help: ArgumentHelp("Translations with links.", valueName: "file"))
  var file: String

  func validate() throws {
    if write, model == nil { throw ValidationError("--write needs --model: the translator inside does not change") }
  }

  func run() async throws {
    common.prepare()
    var pairs: [LinkedTranslation] = []
    var failure: AttendError?
    var number = 0
    try TextFile.forEachLine(of: file) { line in
      number += 1
      guard failure == nil else { return }
      do throws(AttendError) {
        pairs.append(
          try LinkedTranslation(line: String(decoding: line, as: UTF8.self).trimmed, place: "\(file): line \(number)"))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    guard !pairs.isEmpty else { throw AttendError(.invalidInput, "\(file) is empty") }
    let translator: Translator
    if let model {
      translator = try await Translator.load(from: .file(model), precision: common.precision)
    } else {
      translator = try await ShippedTranslator.load(precision: common.precision)
    }
    let found = try await translator.alignmentHeads(judgedBy: pairs) { [file] in "\(file): line \($0 + 1)" }
    try report(found)
    if write, let model { try save(found, into: model + "/config.json") }
  }

  private func report(_ found: AlignmentHeads) throws {
    if common.json {
      let result: JSON = [
        "words": JSON(found.words), "accuracy": JSON(found.accuracy), "alignment_heads": chosen(found),
        "heads": .array(
          found.heads.map {
            ["layer": JSON($0.head.layer), "head": JSON($0.head.head), "accuracy": JSON($0.accuracy)]
          }),
      ]
      return try Terminal.write(result.text() + "\n")
    }
    var lines = ["layer  head  right"]
    for (head, accuracy) in found.heads {
      let mark = found.chosen.contains(head) ? "  chosen" : ""
      lines.append("\(padded(head.layer, 5))  \(padded(head.head, 4))  \(Numbers.fixed(100 * accuracy, 1)) %\(mark)")
    }
    lines.append(
      "The chosen heads together: \(Numbers.fixed(100 * found.accuracy, 1)) % of \(Numbers.grouped(found.words)) words."
    )
    try Terminal.write(lines.joined(separator: "\n") + "\n")
  }

  private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: " ", count: max(width - digits.count, 0)) + digits
  }

  private func chosen(_ found: AlignmentHeads) -> JSON {
    .array(found.chosen.map { .array([JSON($0.layer), JSON($0.head)]) })
  }

  private func save(_ found: AlignmentHeads, into path: String) throws {
    let bytes = try MappedFile(path: path).withUnsafeBytes { Array($0) }
    guard case .object(var fields) = try JSON(parsing: bytes, source: path) else {
      throw AttendError(.damagedFile, "\(path) is not a JSON object")
    }
    fields["alignment_heads"] = chosen(found)
    try writeAtomically(to: path, JSON.object(fields).utf8(pretty: true) + [UInt8(ascii: "\n")])
    common.note("wrote alignment_heads to \(path)")
  }
}
