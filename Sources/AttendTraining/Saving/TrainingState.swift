import AttendBase
import AttendNN

/// Everything that decides how a run goes on: an interrupted run that continues from it has the same bits as one that
/// was never interrupted.
///
/// There is no state of a random number generator: every draw is a function of the seed and a counter (the update for
/// dropout, the epoch for orders), and both are here.
struct TrainingState: Sendable {
  /// Updates done.
  var step = 0
  var position = DataPosition()
  var parameters: Parameters
  var optimizer = OptimizerState()
  /// The exponential average of the parameters, when one is kept.
  var average: Parameters?
  var best: BestValidation?
  /// Evaluations since the best one.
  var evaluationsWithoutImprovement = 0
  var tokens = 0
  var seconds = 0.0
}

/// What must not change between a run and its continuation.
package struct RunIdentity: Sendable, Equatable {
  /// Field name and value, in an order for messages.
  package var fields: [(name: String, value: JSON)]

  package init(fields: [(name: String, value: JSON)] = []) { self.fields = fields }

  package static func == (first: RunIdentity, second: RunIdentity) -> Bool {
    first.fields.elementsEqual(second.fields) { $0.name == $1.name && $0.value == $1.value }
  }

  /// - Throws: `parameter-mismatch` naming the first field that differs and both values.
  func check(resuming saved: JSON, from path: String) throws(AttendError) {
    for (name, value) in fields {
      let former = saved[name] ?? .null
      guard former != value else { continue }
      throw AttendError(
        .parameterMismatch,
        "\(path) belongs to another run: its \(name) is \(former.text()), now it is \(value.text())",
        hint: "restore the old value, or start a new run in another folder")
    }
  }

  var json: JSON {
    var object = JSON.Object()
    for (name, value) in fields { object[name] = value }
    return .object(object)
  }
}
