import ArgumentParser
import AttendBase

/// Options that can be changed while a conversation goes on.
extension SamplingOptions {
  private enum Place {
    case number(WritableKeyPath<SamplingOptions, Float?>)
    case count(WritableKeyPath<SamplingOptions, Int?>)
    case seed
  }

  private static var places: [(name: String, place: Place)] {
    [
      ("temperature", .number(\.temperature)), ("top-k", .count(\.topK)), ("top-p", .number(\.topP)),
      ("min-p", .number(\.minP)), ("typical-p", .number(\.typicalP)), ("top-n-sigma", .number(\.topNSigma)),
      ("repetition-penalty", .number(\.repetitionPenalty)), ("presence-penalty", .number(\.presencePenalty)),
      ("frequency-penalty", .number(\.frequencyPenalty)), ("penalty-window", .count(\.penaltyWindow)),
      ("dry-multiplier", .number(\.dryMultiplier)), ("max-tokens", .count(\.maxTokens)), ("seed", .seed),
    ]
  }

  /// The options and what they are; nil for those that are left to the default.
  var settings: [(name: String, value: String?)] {
    Self.places.map { name, place in
      switch place {
      case .number(let path): (name, self[keyPath: path].map { String($0) })
      case .count(let path): (name, self[keyPath: path].map { String($0) })
      case .seed: (name, seed.map { String($0) })
      }
    }
  }

  /// Sets an option by its name on the command line, with or without hyphens before it; `default` leaves it to the default.
  /// - Throws: `invalid-input`; then nothing has changed.
  mutating func set(_ name: String, to value: String) throws(AttendError) {
    let name = String(name.drop { $0 == "-" })
    guard let place = Self.places.first(where: { $0.name == name })?.place else {
      throw AttendError(
        .invalidInput, "there is no option \(quoted(name))",
        hint: "there are " + Self.places.map(\.name).joined(separator: ", "))
    }
    var changed = self
    let isDefault = value == "default"
    var isUnderstood = isDefault
    switch place {
    case .number(let path):
      changed[keyPath: path] = isDefault ? nil : Float(value)
      isUnderstood = isUnderstood || changed[keyPath: path] != nil
    case .count(let path):
      changed[keyPath: path] = isDefault ? nil : Int(value)
      isUnderstood = isUnderstood || changed[keyPath: path] != nil
    case .seed:
      changed.seed = isDefault ? nil : UInt64(value)
      isUnderstood = isUnderstood || changed.seed != nil
    }
    guard isUnderstood else {
      throw AttendError(.invalidInput, "\(quoted(value)) is no value of \(name)", hint: "give a number, or default")
    }
    do { try changed.validate() } catch {
      throw AttendError(.invalidInput, (error as? ValidationError)?.message ?? "\(error)")
    }
    self = changed
  }
}
