import ArgumentParser
import AttendBase
import AttendText

struct TrainTokenizerCommand: ParsableCommand {
  enum Kind: String, ExpressibleByArgument, CaseIterable { case bpe, unigram }

  static let configuration = CommandConfiguration(
    commandName: "train-tokenizer",
    abstract: "Learns a tokenizer from text files.",
    discussion: """
      Each line with its line break is a text of its own. The result is a tokenizer.json as the Hugging Face \
      tokenizers library writes it. The same files give the same tokenizer, bit for bit.

      Examples:
        attend train-tokenizer novels.txt --size 8000 --out tokenizer.json
        attend train-tokenizer en.txt fr.txt --size 6000 --special "<s>" --out t.json
      """)

  @Option(help: "bpe: byte-level byte-pair encoding (GPT-2, Llama 3). unigram: Kudo 2018 (T5).")
  var kind = Kind.bpe

  @Option(help: ArgumentHelp("How many tokens, special ones included.", valueName: "n"))
  var size: Int

  @Option(
    help: ArgumentHelp(
      "A special token; give the option again for more. They get the first ids, in order.", valueName: "token"))
  var special: [String] = []

  @Option(help: ArgumentHelp("A pair that occurs less often becomes no token.", valueName: "n"))
  var minimumFrequency = 2

  @Flag(help: "Spell the first word of a text like the others, with a space before it.")
  var prefixSpace = false

  @Option(help: ArgumentHelp("Where to write the tokenizer.", valueName: "file"))
  var out: String

  @Flag(help: "Print a summary as JSON.")
  var json = false

  @Flag(help: "Print nothing.")
  var quiet = false

  @Argument(help: ArgumentHelp("The text files, UTF-8; - reads standard input.", valueName: "file"))
  var files: [String]

  func run() throws {
    let start = ContinuousClock.now
    let progress = ProgressLine(isShown: !quiet && !json)
    var bytes = 0
    func read(_ add: (UnsafeRawBufferPointer) -> Void) throws {
      for file in files {
        try TextFile.forEachLine(of: file) { line in
          bytes += line.count
          add(line)
        }
      }
    }
    let tokens: Int
    switch kind {
    case .bpe:
      var trainer = BPETrainer(
        vocabularySize: size, specialTokens: special, minimumFrequency: minimumFrequency, addsPrefixSpace: prefixSpace)
      try read { trainer.add($0) }
      let description = try trainer.train { tokens in progress.show("\(tokens) of \(size) tokens") }
      progress.clear()
      try write(description.tokenizerJSON().utf8(pretty: true))
      tokens = description.vocabulary.count
    case .unigram:
      let unknown = "<unk>"
      var trainer = UnigramTrainer(
        vocabularySize: size, specialTokens: special.contains(unknown) ? special : [unknown] + special)
      try read { line in
        // Its line break is no part of a word.
        let text = line.last == UInt8(ascii: "\n") ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
        trainer.add(text)
      }
      let description = try trainer.train { pieces in progress.show("\(pieces) pieces, on the way to \(size)") }
      progress.clear()
      try write(description.tokenizerJSON().utf8(pretty: true))
      tokens = description.vocabulary.count
    }
    try summarize(tokens: tokens, bytes: bytes, time: ContinuousClock.now - start)
  }

  private func write(_ bytes: [UInt8]) throws {
    let file = try AtomicFile(path: out)
    try file.write(bytes + [UInt8(ascii: "\n")])
    try file.commit()
  }

  private func summarize(tokens: Int, bytes: Int, time: Duration) throws {
    let seconds = time / .seconds(1)
    if json {
      let summary: JSON = [
        "kind": .string(kind.rawValue), "tokens": JSON(tokens), "bytes": JSON(bytes), "seconds": JSON(seconds),
        "out": .string(out),
      ]
      try Terminal.write(summary.text() + "\n")
    } else if !quiet {
      try Terminal.write(
        "\(out): \(Numbers.grouped(tokens)) tokens from \(Numbers.bytes(bytes)) of text, in "
          + "\(Numbers.fixed(seconds, 1)) s\n")
      if tokens < size { Terminal.complain("the text has no more pairs to make tokens of: \(tokens), not \(size)") }
    }
  }
}
