/** How much longer than usual to wait for everything: SALON_PATIENCE=4 on a machine that is busy with other things. */
export const PATIENCE = Number(process.env.SALON_PATIENCE ?? 1);
