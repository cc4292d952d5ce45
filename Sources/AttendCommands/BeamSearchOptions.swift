import ArgumentParser
import Attend
import AttendBase

/// Searching for the most probable text.
struct BeamSearchOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Search for the most probable text with n hypotheses at a time, instead of choosing token by token; it appears when it is complete.",
      valueName: "n"))
  var beams: Int?

  @Option(
    help: ArgumentHelp(
      "With --beams: divide log-probabilities by length to the power of x; above 1 prefers longer texts. (default: 1)",
      valueName: "x"))
  var lengthPenalty: Float?

  @Flag(help: "With --beams: stop as soon as n texts have come to their end.")
  var earlyStopping = false

  var isAsked: Bool { beams != nil }

  var options: BeamOptions {
    BeamOptions(beams: beams ?? 1, lengthPenalty: lengthPenalty ?? 1, stopsEarly: earlyStopping)
  }

  func validate() throws {
    if beams == nil, lengthPenalty != nil || earlyStopping {
      throw ValidationError("\(lengthPenalty != nil ? "--length-penalty" : "--early-stopping") needs --beams")
    }
    do { try options.check() } catch {
      throw ValidationError(error.message + (error.hint.map { ": " + $0 } ?? ""))
    }
  }

  /// Refuses options that a search has no use for.
  func check(with sampling: SamplingOptions, _ speculation: SpeculationOptions) throws {
    if sampling.options.sampling != .greedy {
      throw ValidationError("--beams searches for the most probable text: leave out what chooses or weighs tokens")
    }
    if !sampling.stop.isEmpty { throw ValidationError("--stop does not go with --beams") }
    if speculation.isAsked { throw ValidationError("--draft and --speculation do not go with --beams") }
  }
}
