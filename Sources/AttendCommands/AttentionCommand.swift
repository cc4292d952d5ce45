import ArgumentParser
import Attend
import AttendBase
import AttendInspect

struct AttentionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attention",
    abstract: "Shows one head's self-attention step by step, with its real numbers.",
    discussion: """
      Scores, scaled, softmax, weighted sum: equation 1 of "Attention Is All You Need" on the model's own queries, keys
      and values, and how far the kernel that the model runs on is from these steps.

      Examples:
        attend attention "The cat sat"
        attend attention "The cat sat" --layer 1 --head 2 --svg cat.svg
        attend attention "The cat sat" --model SmolLM2-135M-Instruct.Q4_1.gguf
      """)

  /// More would not fit onto a page.
  private static let mostTokens = 16

  @Option(
    help: ArgumentHelp(
      "A language model or an encoder-decoder; left out, the translator inside this program.", valueName: "model"))
  var model: String?

  @Option(help: ArgumentHelp("Which layer, from 0.", valueName: "n"))
  var layer = 0

  @Option(help: ArgumentHelp("Which head, from 0.", valueName: "n"))
  var head = 0

  @Option(help: ArgumentHelp("How many numbers of each query, key and value to print.", valueName: "n"))
  var channels = 4

  @Option(help: ArgumentHelp("Write the weights as a picture.", valueName: "file"))
  var svg: String?

  @OptionGroup var common: CommonOptions

  @Argument(help: ArgumentHelp("A few words.", valueName: "text"))
  var text: String

  func validate() throws {
    for (name, value) in [("layer", layer), ("head", head)] where value < 0 {
      throw ValidationError("--\(name) is \(value); it must be 0 or more")
    }
    if channels < 1 { throw ValidationError("--channels is \(channels); it must be 1 or more") }
  }

  func run() async throws {
    common.prepare()
    let steps = try await steps()
    guard steps.tokens.count <= Self.mostTokens else {
      throw AttendError(
        .limitExceeded, "the text has \(steps.tokens.count) tokens; at most \(Self.mostTokens) fit onto a page",
        hint: "give fewer words")
    }
    if common.json {
      try Terminal.write(json(steps).text() + "\n")
    } else {
      let place = steps.kind == .decoderSelf ? "layer" : "encoder layer"
      try Terminal.write(
        "Self-attention of \(quoted(text)), \(place) \(steps.layer), head \(steps.head)\n"
          + steps.text(channels: channels)
          + "\nThe kernel that the model runs on gives the same within \(Numbers.scientific(steps.kernelDifference)).\n"
      )
    }
    if let svg {
      let map = HeatMap(
        title: "Layer \(steps.layer), head \(steps.head)", rows: steps.tokens, columns: steps.tokens,
        values: steps.weights.map { $0.map { Float($0) } })
      let file = try AtomicFile(path: svg)
      try file.write(Array(map.svg.utf8))
      try file.commit()
    }
  }

  private func steps() async throws -> AttentionSteps {
    guard let model else {
      return try await ShippedTranslator.load(precision: common.precision).selfAttention(
        of: text, layer: layer, head: head)
    }
    if try Translator.canLoad(.file(model)) {
      let translator = try await Translator.load(from: .file(model), precision: common.precision)
      return try await translator.selfAttention(of: text, layer: layer, head: head)
    }
    return try await common.load(model).selfAttention(of: text, layer: layer, head: head)
  }

  private func json(_ steps: AttentionSteps) -> JSON {
    // JSON has no infinity: a masked score is null.
    func matrix(_ rows: [[Double]]) -> JSON { .array(rows.map { .array($0.map { $0.isFinite ? JSON($0) : .null }) }) }
    return [
      "tokens": .array(steps.tokens.map { .string($0) }), "layer": JSON(steps.layer), "head": JSON(steps.head),
      "query": matrix(steps.query), "key": matrix(steps.key), "value": matrix(steps.value),
      "scale": JSON(steps.scale), "scores": matrix(steps.scores), "scaled": matrix(steps.scaled),
      "weights": matrix(steps.weights), "output": matrix(steps.output),
      "kernel_difference": JSON(steps.kernelDifference),
    ]
  }
}
