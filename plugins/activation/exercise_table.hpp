// SPDX-License-Identifier: Apache-2.0
// The exercises, and nothing else.
//
// A table that is compiled in, and not texts in each routine's TOML: a plugin can open no file once it runs; sixteen
// parameters of a routine are for what differs between routines; and the words of an exercise are the same in all of
// them, so that one test holds every one to what a voice can say in its time.
//
// Which exercises: docs/evidence.md, Dose, "activation", for the two with the best ratio of lower to upper trapezius
// (bilateral external rotation, prone retraction); the others, the words and the tempos are a choice.
#pragma once

#include <array>

#include "plugins/activation/exercise.hpp"

namespace activation {

constexpr Tempo kEvenTempo{2'000'000, 2'000'000, 2'000'000, 1'000'000};

constexpr std::array kExercises{
    Exercise{
        .id = "prone_y_lift",
        .title = "Prone Y lift",
        .muscle = "lower_trapezius",
        .setup = "Lie face down, arms overhead like a Y, thumbs up.",
        .ball = "Ball in hand. Squeeze lightly as you lift.",
        .up = "Lift.",
        .hold = "Hold.",
        .down = "Lower slowly.",
        .detect = Detection::kPress,
        .tempo = kEvenTempo,
    },
    Exercise{
        .id = "prone_t_lift",
        .title = "Prone T lift",
        .muscle = "middle_trapezius",
        .setup = "Lie face down, arms out like a T, thumbs up.",
        .ball = "Ball in hand. Squeeze lightly as you lift.",
        .up = "Lift.",
        .hold = "Hold.",
        .down = "Lower slowly.",
        .detect = Detection::kPress,
        .tempo = kEvenTempo,
    },
    Exercise{
        .id = "prone_retraction",
        .title = "Prone shoulder blade retraction",
        .muscle = "middle_trapezius",
        .setup = "Lie face down, arms by your sides, palms down.",
        .ball = "Ball under a palm. Draw the blades together.",
        .up = "Draw back.",
        .hold = "Hold.",
        .down = "Let go slowly.",
        .detect = Detection::kPress,
        .tempo = kEvenTempo,
    },
    Exercise{
        .id = "wall_push_plus",
        .title = "Push-up plus at a wall",
        .muscle = "serratus_anterior",
        .setup = "Stand facing a wall, arms straight at shoulder height.",
        .ball = "Ball between one palm and the wall.",
        .up = "Push away.",
        .hold = "Hold.",
        .down = "Ease off.",
        .detect = Detection::kPress,
        .tempo = kEvenTempo,
    },
    Exercise{
        .id = "side_lying_external_rotation",
        .title = "External rotation, lying on the side",
        .muscle = "infraspinatus",
        .setup = "Lie on your side, top elbow bent, on your waist.",
        .ball = "Ball in hand. Squeeze lightly as you turn.",
        .up = "Turn up.",
        .hold = "Hold.",
        .down = "Lower slowly.",
        .detect = Detection::kPress,
        .tempo = {.up_us = 2'000'000, .hold_us = 1'000'000, .down_us = 3'000'000, .rest_us = 1'000'000},
    },
    Exercise{
        .id = "bilateral_external_rotation",
        .title = "External rotation of both arms",
        .muscle = "lower_trapezius",
        .setup = "Stand, elbows bent at your sides, palms up.",
        .ball = "Ball in hand. Squeeze lightly as you turn.",
        .up = "Turn outward.",
        .hold = "Hold.",
        .down = "Back in slowly.",
        .detect = Detection::kPress,
        .tempo = kEvenTempo,
    },
};

}  // namespace activation
