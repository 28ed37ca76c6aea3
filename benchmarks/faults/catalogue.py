"""What learners get wrong: each fault's step in the lesson's words, and the causes that name it.

A cause is one of `triceptron check`'s codes; the fault's own name counts as well, so that another tool may
use the words of this table.
"""

from typing import NamedTuple

__all__ = ["FAULTS", "Fault", "names_of"]


class Fault(NamedTuple):
    """A fault: the step where it is, and the codes of the causes that name it rightly."""

    step: str
    causes: frozenset[str]


def _fault(step: str, *causes: str) -> Fault:
    return Fault(step, frozenset(causes))


FAULTS = {
    # the data
    "data_shuffled_apart": _fault("data", "shuffled_apart"),
    "data_rows_and_labels_of_other_parts": _fault("data", "parts_swapped", "shuffled_apart"),
    "data_test_in_training": _fault("data", "test_in_training", "parts_overlap"),
    "data_test_statistics": _fault("data", "test_statistics"),
    "data_scaled_apart": _fault("data", "test_statistics", "scaled_apart"),
    "data_truncated": _fault("data", "truncated", "integers"),
    "data_labels_one_off": _fault("data", "labels_one_off"),
    # the start
    "initialize_zeros": _fault("initialize", "initialize_constant"),
    "initialize_ones": _fault("initialize", "initialize_constant"),
    "initialize_huge": _fault("initialize", "initialize_scale"),
    "initialize_transposed": _fault("initialize", "transposed", "shapes_clash", "transpose_missing"),
    # forward
    "bias_missing": _fault("forward", "bias_missing"),
    "bias_subtracted": _fault("forward", "bias_sign"),
    "bias_of_other_layer": _fault("forward", "bias_swapped", "shapes_clash", "wrong_bias"),
    "activation_missing": _fault("forward", "relu_missing", "relu_identity"),
    "activation_on_output": _fault("forward", "relu_on_output"),
    "hidden_not_used": _fault("forward", "relu_missing", "Z_for_H", "shapes_clash", "transpose_missing"),
    "product_elementwise": _fault("forward", "elementwise_product", "shapes_clash"),
    "product_transposed": _fault("forward", "transpose_missing", "shapes_clash", "transposed"),
    "output_activation_missing": _fault("forward", "softmax_missing", "output_activation_missing"),
    "output_activation_twice": _fault("forward", "softmax_twice", "output_activation_twice"),
    "truncated_to_integers": _fault("forward", "truncated", "integers"),
    # the activations
    "relu_identity": _fault("relu", "relu_identity"),
    "relu_absolute": _fault("relu", "relu_absolute"),
    "relu_flipped": _fault("relu", "relu_flipped"),
    "relu_leaky": _fault("relu", "relu_leaky"),
    "relu_step": _fault("relu", "relu_slope"),
    "relu_in_place": _fault("relu", "relu_overwrites_argument", "overwrites_argument"),
    "relu_of_the_maximum": _fault("relu", "relu_maximum", "one_number"),
    "sigmoid_exponent_sign": _fault("relu", "sigmoid_sign", "relu_other"),
    "sigmoid_precedence": _fault("relu", "sigmoid_precedence", "relu_other"),
    "slope_flipped": _fault("relu_derivative", "relu_derivative_flipped"),
    "slope_is_activation": _fault("relu_derivative", "relu_derivative_itself", "slope_formula"),
    "slope_incomplete": _fault(
        "relu_derivative", "slope_incomplete", "slope_formula", "relu_derivative_itself"
    ),
    "slope_all_ones": _fault("relu_derivative", "relu_derivative_missing", "slope_all_ones"),
    # softmax
    "softmax_not_shifted": _fault("softmax", "no_max_subtracted"),
    "softmax_whole_maximum": _fault("softmax", "max_whole_matrix"),
    "softmax_maximum_axis": _fault("softmax", "wrong_axis"),
    "softmax_whole_sum": _fault("softmax", "sum_whole_matrix"),
    "softmax_sum_axis": _fault("softmax", "wrong_axis"),
    "softmax_keepdims": _fault("softmax", "keepdims_missing", "shapes_clash", "wrong_axis"),
    "softmax_not_normalised": _fault("softmax", "not_normalised"),
    "softmax_without_exp": _fault("softmax", "exp_missing", "log_instead"),
    "softmax_denominator": _fault("softmax", "max_not_put_back", "not_normalised"),
    "log_softmax_not_put_back": _fault("log_softmax", "max_not_put_back"),
    # the loss
    "loss_sign": _fault("cross_entropy", "loss_sign"),
    "loss_summed": _fault("cross_entropy", "loss_not_averaged"),
    "loss_mean_of_entries": _fault("cross_entropy", "mean_over_entries"),
    "loss_divided_by_classes": _fault("cross_entropy", "mean_over_classes"),
    "loss_base": _fault("cross_entropy", "loss_base"),
    "loss_per_sample": _fault("cross_entropy", "loss_not_summed"),
    "loss_of_zero_patched": _fault("cross_entropy", "log_of_zero_patched"),
    "loss_of_predicted_label": _fault("cross_entropy", "loss_of_prediction", "truth_ignored"),
    "loss_half_the_sum": _fault("cross_entropy", "loss_incomplete", "one_term_missing"),
    "loss_absolute": _fault("cross_entropy", "loss_absolute"),
    "loss_without_log": _fault("cross_entropy", "log_missing"),
    "log_softmax_not_shifted": _fault("log_softmax", "no_max_subtracted"),
    "log_softmax_whole_maximum": _fault("log_softmax", "max_whole_matrix"),
    "log_softmax_whole_sum": _fault("log_softmax", "sum_whole_matrix"),
    "log_softmax_of_zero": _fault("log_softmax", "log_of_zero", "log_of_zero_patched"),
    # labels
    "labels_one_off": _fault("one_hot", "labels_one_off"),
    "labels_value": _fault("one_hot", "one_hot_value", "labels_value"),
    # the gradient
    "bias_gradient_scalar": _fault("compute_gradient", "bias_summed_whole"),
    "bias_gradient_axis": _fault("compute_gradient", "wrong_axis", "shapes_clash"),
    "bias_gradient_not_summed": _fault("compute_gradient", "bias_not_summed"),
    "bias_gradient_averaged": _fault("compute_gradient", "mean_twice", "bias_averaged", "scaled"),
    "bias_gradient_of_other_layer": _fault("compute_gradient", "dO_for_dZ", "shapes_clash"),
    "bias_gradient_zero": _fault("compute_gradient", "gradient_zero", "bias_gradient_zero"),
    "gradient_not_averaged": _fault("compute_gradient", "mean_missing"),
    "one_layer_not_averaged": _fault("compute_gradient", "mean_missing"),
    "gradient_averaged_twice": _fault("compute_gradient", "mean_twice"),
    "one_layer_averaged_twice": _fault("compute_gradient", "mean_twice"),
    "gradient_divided_by_classes": _fault("compute_gradient", "mean_over_classes"),
    "gradient_mean_of_entries": _fault("compute_gradient", "mean_over_entries"),
    "gradient_sign": _fault("compute_gradient", "gradient_sign"),
    "gradient_doubled": _fault("compute_gradient", "factor_two"),
    "gradient_halved": _fault("compute_gradient", "factor_half", "factor_two", "scaled"),
    "output_slope_wrong_array": _fault("compute_gradient", "slope_wrong_array", "output_slope_wrong_array"),
    "truth_ignored": _fault("compute_gradient", "truth_ignored"),
    "output_slope_again": _fault("compute_gradient", "softmax_slope_again", "output_slope_again"),
    "output_slope_missing": _fault("compute_gradient", "output_slope_missing", "softmax_slope_missing"),
    "slope_missing": _fault("compute_gradient", "relu_derivative_missing"),
    "slope_of_wrong_array": _fault(
        "compute_gradient",
        "relu_derivative_wrong_array",
        "H_for_Z",
        "slope_wrong_array",
        "relu_derivative_missing",
    ),
    "slope_in_place_flipped": _fault("compute_gradient", "relu_derivative_flipped"),
    "weights_not_used": _fault("compute_gradient", "dO_for_dZ", "weights_not_used", "shapes_clash"),
    "error_not_propagated": _fault(
        "compute_gradient", "dO_for_dZ", "weights_not_used", "shapes_clash", "transpose_missing"
    ),
    "transpose_missing": _fault("compute_gradient", "transpose_missing", "shapes_clash", "transposed"),
    "factors_swapped": _fault("compute_gradient", "transpose_missing", "shapes_clash", "transposed"),
    "Z_for_H": _fault("compute_gradient", "Z_for_H"),
    "input_for_hidden": _fault("compute_gradient", "shapes_clash", "transpose_missing", "X_for_H"),
    "gradient_elementwise": _fault("compute_gradient", "elementwise_product", "shapes_clash"),
    "only_last_sample": _fault("compute_gradient", "only_last_sample", "mean_missing"),
    "penalty_factor": _fault("compute_gradient", "penalty_factor", "penalty"),
    "W2_changed_too_early": _fault("compute_gradient", "weights_changed_too_early"),
    # the update
    "update_sign": _fault("update", "update_sign"),
    "update_without_rate": _fault("update", "update_without_rate"),
    "update_divides": _fault("update", "update_divides"),
    "update_replaces": _fault("update", "update_replaces"),
    "update_rate_squared": _fault("update", "rate_squared", "scaled"),
    "update_forgotten": _fault("update", "update_some"),
    "update_dropped": _fault("update", "update_some", "update_nothing"),
    "update_swapped": _fault("update", "update_swapped", "shapes_clash"),
    "update_twice": _fault("update", "update_twice"),
    # the training
    "returns_in_the_loop": _fault("train", "return_in_loop", "train_epochs"),
    "one_epoch_short": _fault("train", "train_epochs"),
    "forward_before_the_loop": _fault("train", "stale", "stale_forward"),
    "update_lost": _fault("train", "update_lost", "train_copies", "update_nothing"),
    "update_after_the_loop": _fault("train", "update_after_loop", "train_epochs"),
    "rate_ignored": _fault("train", "rate_ignored", "update_without_rate"),
    "rate_decays_to_zero": _fault("train", "rate_decays", "rate_ignored"),
    "rows_shuffled_without_labels": _fault("train", "shuffled_apart"),
    "batch_never_moves": _fault("train", "first_batch_only"),
    "trains_a_copy": _fault("train", "train_copies", "update_nothing"),
    "trains_on_test": _fault("train", "train_on_test"),
    "test_loss_of_training": _fault("train", "train_repeated", "train_swapped"),
    # the prediction
    "predicts_least": _fault("predict", "predicts_least"),
    "predicts_wrong_axis": _fault("predict", "wrong_axis"),
    "predicts_from_whole": _fault("predict", "argmax_whole_matrix"),
    "predicts_probabilities": _fault("predict", "predicts_probabilities"),
    "predicts_from_one": _fault("predict", "predicts_from_one", "labels_one_off"),
    "predicts_wrong_threshold": _fault("predict", "predicts_threshold", "threshold"),
    "predicts_not": _fault("predict", "predicts_least", "predicts_threshold", "threshold"),
}

# Other words for a step.
_SAME = {
    "data": {"data_part", "standardise", "split"},
    "relu": {"activation", "hidden", "sigmoid", "tanh"},
    "relu_derivative": {"activation_derivative", "slope"},
    "softmax": {"my_softmax", "output_activation"},
    "cross_entropy": {"loss"},
    "log_softmax": set(),
    "compute_gradient": {"backward", "gradient"},
    "forward": {"linear_combination"},
    "update": {"backward"},
}


def names_of(step: str) -> frozenset[str]:
    """Return the names under which a tool may tell that a step is wrong."""
    return frozenset({step, *_SAME.get(step, ())})
