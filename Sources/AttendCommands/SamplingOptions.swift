import ArgumentParser
import Attend
import AttendBase

/// Choices of a text's tokens and of its end.
struct SamplingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "0 takes the most probable token; higher is livelier. (default: 0; 1 with an option that chooses among several)",
      valueName: "t"))
  var temperature: Float?

  @Option(help: ArgumentHelp("Choose among the k most probable tokens.", valueName: "k"))
  var topK: Int?

  @Option(help: ArgumentHelp("Choose among the most probable tokens that together have probability p.", valueName: "p"))
  var topP: Float?

  @Option(
    help: ArgumentHelp("Choose among tokens at least p times as probable as the most probable one.", valueName: "p"))
  var minP: Float?

  @Option(
    help: ArgumentHelp("Choose among the least astonishing tokens that together have probability p.", valueName: "p"))
  var typicalP: Float?

  @Option(
    help: ArgumentHelp(
      "Choose among tokens at most n standard deviations of all logits below the best.", valueName: "n"))
  var topNSigma: Float?

  @Option(
    help: ArgumentHelp("Divide the logits of tokens in prompt and answer by this. (default: 1, none)", valueName: "x"))
  var repetitionPenalty: Float?

  @Option(help: ArgumentHelp("Subtract this from the logits of tokens in the answer.", valueName: "x"))
  var presencePenalty: Float?

  @Option(help: ArgumentHelp("The same for each time that they are in it.", valueName: "x"))
  var frequencyPenalty: Float?

  @Option(help: ArgumentHelp("Penalties look at the last n tokens only.", valueName: "n"))
  var penaltyWindow: Int?

  @Option(
    help: ArgumentHelp(
      "Discourage repeated sequences (DRY) with this strength: 0.8 is common. (default: 0, none)", valueName: "x"))
  var dryMultiplier: Float?

  @Option(help: ArgumentHelp("By how much each further token of a repetition costs more.", valueName: "x"))
  var dryBase: Float = 1.75

  @Option(help: ArgumentHelp("Repetitions shorter than this cost nothing.", valueName: "n"))
  var dryAllowedLength = 2

  @Option(
    help: ArgumentHelp(
      "Add a number to the logit of a token, by its id: 42=-1.5, or 42=-inf to rule it out. May be given several times.",
      valueName: "id=x"))
  var logitBias: [LogitBias] = []

  @Option(help: ArgumentHelp("The same seed gives the same text.", valueName: "n"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("At most this many tokens.", valueName: "n"))
  var maxTokens: Int?

  @Option(
    help: ArgumentHelp(
      "End the text at this string, which is not printed. May be given several times.", valueName: "text"))
  var stop: [String] = []

  func validate() throws {
    if let temperature, !(temperature.isFinite && temperature >= 0) {
      throw ValidationError("--temperature is \(temperature); it must be 0 or more")
    }
    if let topK, topK < 1 { throw ValidationError("--top-k is \(topK); it must be 1 or more") }
    if let topP, !(topP > 0 && topP <= 1) {
      throw ValidationError("--top-p is \(topP); it must be above 0 and at most 1")
    }
    if let maxTokens, maxTokens < 1 { throw ValidationError("--max-tokens is \(maxTokens); it must be 1 or more") }
    if stop.contains(where: \.isEmpty) { throw ValidationError("--stop is empty") }
    do { try options.sampling.check() } catch {
      throw ValidationError(error.message + (error.hint.map { ": " + $0 } ?? ""))
    }
  }

  private var choosesAmongSeveral: Bool {
    topK != nil || topP != nil || minP != nil || typicalP != nil || topNSigma != nil
  }

  var options: GenerationOptions {
    // Whoever names a choice wants one.
    var sampling = Sampling(
      temperature: temperature ?? (choosesAmongSeveral ? 1 : 0), topK: topK, topP: topP, minP: minP, typicalP: typicalP,
      topNSigma: topNSigma, seed: seed)
    sampling.penalties = TokenPenalties(
      repetition: repetitionPenalty ?? 1, presence: presencePenalty ?? 0, frequency: frequencyPenalty ?? 0,
      window: penaltyWindow)
    if let dryMultiplier {
      sampling.dry = RepetitionPenalty(multiplier: dryMultiplier, base: dryBase, allowedLength: dryAllowedLength)
    }
    for bias in logitBias { sampling.bias[bias.token] = bias.value }
    return GenerationOptions(sampling: sampling, maxTokens: maxTokens, stopStrings: stop)
  }
}

/// A number for a token's logit, written "id=number".
struct LogitBias: ExpressibleByArgument {
  let token: Int32
  let value: Float

  init?(argument: String) {
    let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
    guard parts.count == 2, let token = Int32(parts[0]), let value = Float(parts[1]), !value.isNaN else { return nil }
    (self.token, self.value) = (token, value)
  }
}
