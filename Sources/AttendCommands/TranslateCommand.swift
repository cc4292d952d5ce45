import ArgumentParser
import Attend
import AttendBase
import AttendInspect

struct TranslateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "translate",
    abstract: "Translates texts, and draws which words each word came from.",
    discussion: """
      Each argument is a text. Without any, standard input is translated line by line; the output has a line for each.

      Examples:
        attend translate "I love deep learning" --attention
        attend translate "She drove the car" --svg alignment.svg
        attend translate --beams 1 < english.txt > french.txt
        attend translate --model runs/en-fr --score held-out.tsv
      """)

  @Option(
    help: ArgumentHelp(
      "A folder with an encoder-decoder, such as `attend train` makes; left out, the translator inside this program.",
      valueName: "folder"))
  var model: String?

  @Flag(help: "Draw the alignment: rows are words of the translation, columns words of the text.")
  var attention = false

  @Option(help: ArgumentHelp("Write the alignment of one text as a picture.", valueName: "file"))
  var svg: String?

  @Option(help: ArgumentHelp("Hypotheses that are followed; 1 is greedy.", valueName: "n"))
  var beams = 4

  @Option(
    help: ArgumentHelp(
      "α: hypotheses are compared by their log-probability divided by their length to the power of α.",
      valueName: "alpha"))
  var lengthPenalty: Float = 1

  @Option(help: ArgumentHelp("At most this many tokens for each text.", valueName: "n"))
  var maxTokens: Int?

  @Option(
    help: ArgumentHelp(
      "Instead of printing translations, compare them with those of a file: lines of text, tab, translation.",
      valueName: "file"))
  var score: String?

  @OptionGroup var common: CommonOptions

  @Argument(help: ArgumentHelp("The texts; - or nothing reads lines from standard input.", valueName: "text"))
  var texts: [String] = []

  func validate() throws {
    if !(1...64).contains(beams) { throw ValidationError("--beams is \(beams); it must be from 1 to 64") }
    if !(0...16).contains(lengthPenalty) {
      throw ValidationError("--length-penalty is \(lengthPenalty); it must be from 0 to 16")
    }
    if let maxTokens, maxTokens < 1 { throw ValidationError("--max-tokens is \(maxTokens); it must be 1 or more") }
    if svg != nil, readsLines || texts.count != 1 { throw ValidationError("--svg draws one text: give one argument") }
    if score != nil {
      if !texts.isEmpty { throw ValidationError("--score takes its texts from the file") }
      if attention { throw ValidationError("--score prints no alignments") }
    }
  }

  private var readsLines: Bool { texts.isEmpty || texts == ["-"] }

  private var options: TranslationOptions {
    TranslationOptions(
      beams: beams, lengthPenalty: lengthPenalty, maxTokens: maxTokens, alignment: attention || svg != nil)
  }

  func run() async throws {
    common.prepare()
    let translator: Translator
    if let model {
      translator = try await Translator.load(from: .file(model), precision: common.precision)
    } else {
      translator = try await ShippedTranslator.load(precision: common.precision)
    }
    if let score {
      try await TranslationScore(translator, options, file: score).run(json: common.json)
    } else if readsLines {
      try await translateLines(translator)
    } else {
      let found = try await translator.translate(texts, options)
      for (text, translation) in zip(texts, found) { try show(text, translation) }
    }
  }

  /// Lines of standard input, as many at a time as are there.
  private func translateLines(_ translator: Translator) async throws {
    var lines = Terminal.LineReader()
    var number = 1
    while true {
      let batch = try lines.batch(atMost: 64)
      if batch.isEmpty { return }
      let found = try await translator.translate(batch, options, numbering: (name: "line", first: number))
      for (text, translation) in zip(batch, found) { try show(text, translation) }
      number += batch.count
    }
  }

  private func show(_ text: String, _ translation: Translation) throws {
    if !translation.isComplete {
      common.note("note: the translation was cut; --max-tokens sets its longest length")
    }
    let words = translation.alignment?.words
    if common.json {
      try Terminal.write(json(text, translation, words).text() + "\n")
    } else {
      try Terminal.write(Self.oneLine(translation.text) + "\n")
      if attention, let words, !words.target.isEmpty {
        let map = HeatMap(rows: words.target, columns: words.source, values: words.weights)
        let drawing = map.text(width: Terminal.outputWidth ?? 100)
        try Terminal.write("\n" + drawing + "\n")
      }
    }
    guard let svg else {
      if attention, words == nil, !translation.text.isEmpty { common.note("note: this model has no attention to draw") }
      return
    }
    guard let words else {
      throw AttendError(.unsupported, "there is nothing to draw in \(svg)", hint: "the model has no attention")
    }
    let map = HeatMap(title: translation.text, rows: words.target, columns: words.source, values: words.weights)
    var picture = map.svg
    let file = try AtomicFile(path: svg)
    try picture.withUTF8 { try file.write(UnsafeRawBufferPointer($0)) }
    try file.commit()
    common.note("wrote \(svg)")
  }

  /// One line for each text, whatever the model says.
  private static func oneLine(_ text: String) -> String {
    String(text.map { character in character.isNewline ? " " : character })
  }

  private func json(_ text: String, _ translation: Translation, _ words: WordAlignment?) -> JSON {
    var object = JSON.Object()
    object["source"] = JSON(text)
    object["text"] = JSON(translation.text)
    object["score"] = JSON(translation.score)
    object["complete"] = JSON(translation.isComplete)
    if let words {
      var alignment = JSON.Object()
      alignment["source"] = JSON(words.source)
      alignment["target"] = JSON(words.target)
      alignment["weights"] = .array(words.weights.map { row in JSON.array(row.map { JSON(Double($0)) }) })
      object["alignment"] = .object(alignment)
    }
    return .object(object)
  }
}
