export const taskNames = ['digits', 'spirals', 'own'] as const;
export type TaskName = (typeof taskNames)[number];
