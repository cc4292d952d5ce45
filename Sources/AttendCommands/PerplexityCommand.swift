import ArgumentParser
import Attend
import AttendBase
import AttendGeneration

struct PerplexityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perplexity",
    abstract: "Measures how well a model predicts a text.",
    discussion: """
      Prints the mean of -log p(token | tokens before it) in nats, the number of predictions, and exp(mean), the
      perplexity. A text longer than the model's context is cut into windows of that length; the first token of each is
      not predicted. With --stride the windows overlap, so that every token but the first is predicted from as many
      tokens as the context has beyond the stride, or more; half the context is a good choice and takes twice the time.

      Examples:
        attend perplexity novel.txt
        attend perplexity --stride 1024 novel.txt
        attend perplexity --tokens 512 --precision exact novel.txt
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var adapters: AdapterOptions

  @Option(help: ArgumentHelp("Read only the first n tokens.", valueName: "n"))
  var tokens: Int?

  @Option(help: ArgumentHelp("Start a window every n tokens. (default: side by side)", valueName: "n"))
  var stride: Int?

  @OptionGroup var common: CommonOptions

  @Argument(help: ArgumentHelp("The text; - reads standard input.", valueName: "file"))
  var file: String

  func validate() throws {
    if let tokens, tokens < 2 { throw ValidationError("--tokens is \(tokens); it must be 2 or more") }
    if let stride, stride < 1 { throw ValidationError("--stride is \(stride); it must be 1 or more") }
  }

  func run() async throws {
    let path = try model.path()
    let text =
      file == "-"
      ? try Terminal.readAll() : try MappedFile(path: file).withUnsafeBytes { try Terminal.text(Array($0), file) }
    let language = try await common.load(path, adapters: adapters)
    let (limit, stride) = (tokens, stride)
    let task = Task { try await language.likelihood(of: text, limit: limit, stride: stride) }
    let stop: @Sendable () -> Void = { task.cancel() }
    let likelihood = try await Interruption.shared.handling(stop) { try await task.value }
    if common.json {
      let result: JSON = [
        "nats_per_token": JSON(likelihood.mean), "predictions": JSON(likelihood.predictions),
        "perplexity": JSON(likelihood.perplexity), "precision": JSON(language.precision.rawValue),
      ]
      try Terminal.write(result.text() + "\n")
    } else {
      try Terminal.write(
        "\(Numbers.fixed(likelihood.mean, 4)) nats per token, \(likelihood.predictions) predictions, perplexity "
          + "\(Numbers.fixed(likelihood.perplexity, 3)) (\(language.precision.rawValue))\n")
    }
  }
}
