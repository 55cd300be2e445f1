/** Courses put together at random: trainings, and what programs do in between. */
import { randomCourses } from './random-course.ts';
import { randomTest } from './random-test.ts';

randomTest(randomCourses, 3, 1 / 12);
